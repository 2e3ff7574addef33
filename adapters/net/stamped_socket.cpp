// recvmmsg with control messages: time stamps, and the address a datagram was sent to.
#include "adapters/net/stamped_socket.hpp"

#include <linux/net_tstamp.h>
#include <netinet/ip.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

namespace antiphon::net {
namespace {

using boost::asio::ip::udp;

// Time stamp, the three of a departure, either address, with their headers.
constexpr std::size_t control_bytes =
    CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(3 * sizeof(timespec)) + CMSG_SPACE(sizeof(in6_pktinfo)) + 64;
constexpr std::size_t headers_max = 128;  // Ethernet with tags, IPv6, UDP

void set_option(int fd, int level, int option, int value) {
    // All are improvements that some network or container may refuse; without stamps we take the time ourselves.
    ::setsockopt(fd, level, option, &value, sizeof value);
}

void prepare(int fd, bool v6) {
    constexpr int expedited_forwarding = 0xb8;
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
    set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, expedited_forwarding);
    set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL,
               StampedSocket::group_hops);
}

std::optional<std::chrono::nanoseconds> stamp_in(const cmsghdr& control) {
    if (control.cmsg_level != SOL_SOCKET || control.cmsg_type != SO_TIMESTAMPNS) return std::nullopt;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(&control), sizeof stamp);
    return std::chrono::seconds{stamp.tv_sec} + std::chrono::nanoseconds{stamp.tv_nsec};
}

udp::endpoint endpoint_of(const sockaddr_storage& address, socklen_t size) {
    udp::endpoint endpoint;
    if (size <= endpoint.capacity()) {
        std::memcpy(endpoint.data(), &address, size);
        endpoint.resize(size);
    }
    return endpoint;
}

}  // namespace

struct StampedSocket::Batch {
    struct Slot {
        std::span<std::byte> bytes;
        alignas(cmsghdr) std::array<std::byte, control_bytes> control;
        sockaddr_storage from;
        iovec io;
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> arrived_at;
    };

    std::array<Slot, batch_max> slots;
    std::array<mmsghdr, batch_max> headers;
    std::array<Datagram, batch_max> datagrams;
    std::vector<std::byte> bytes;

    explicit Batch(std::size_t bytes_max) : bytes(batch_max * bytes_max) {
        for (std::size_t i = 0; i < batch_max; ++i) slots[i].bytes = std::span(bytes).subspan(i * bytes_max, bytes_max);
    }

    void prepare() {
        for (std::size_t i = 0; i < batch_max; ++i) {
            auto& slot = slots[i];
            slot.io = {slot.bytes.data(), slot.bytes.size()};
            headers[i] = {};
            auto& header = headers[i].msg_hdr;
            header.msg_name = &slot.from;
            header.msg_namelen = sizeof slot.from;
            header.msg_iov = &slot.io;
            header.msg_iovlen = 1;
            header.msg_control = slot.control.data();
            header.msg_controllen = slot.control.size();
        }
    }

    void read(std::size_t i) {
        auto& header = headers[i].msg_hdr;
        auto& datagram = datagrams[i];
        datagram = {};
        datagram.bytes = slots[i].bytes.first(headers[i].msg_len);
        datagram.cut = (header.msg_flags & MSG_TRUNC) != 0;
        datagram.from = endpoint_of(slots[i].from, header.msg_namelen);
        for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control))
            read_control(*control, slots[i], datagram);
    }

    static void read_control(cmsghdr& control, Slot& slot, Datagram& datagram) {
        if (const auto stamp = stamp_in(control)) {
            datagram.realtime = stamp;
        } else if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(&control), sizeof info);
            in_pktinfo answer{};
            answer.ipi_spec_dst = info.ipi_spec_dst;
            keep(slot, datagram, IPPROTO_IP, IP_PKTINFO, &answer, sizeof answer);
        } else if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(&control), sizeof info);
            keep(slot, datagram, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
        }
    }

    static void keep(Slot& slot, Datagram& datagram, int level, int type, const void* data, std::size_t size) {
        slot.arrived_at = {};
        cmsghdr header{};
        header.cmsg_len = CMSG_LEN(size);
        header.cmsg_level = level;
        header.cmsg_type = type;
        std::memcpy(slot.arrived_at.data(), &header, sizeof header);
        std::memcpy(slot.arrived_at.data() + CMSG_LEN(0), data, size);
        datagram.arrived_at = {slot.arrived_at.data(), CMSG_SPACE(size)};
    }
};

StampedSocket::StampedSocket(boost::asio::io_context& io, std::size_t bytes_max)
    : io_(io), watcher_(io), batch_(std::make_unique<Batch>(bytes_max)), outgoing_(bytes_max) {}
StampedSocket::~StampedSocket() { close(); }

core::Result<void> StampedSocket::open(const udp::endpoint& local) {
    close();
    boost::system::error_code error;
    udp::socket socket(io_);
    socket.open(local.protocol(), error);
    if (!error) socket.non_blocking(true, error);
    if (!error) prepare(socket.native_handle(), local.protocol() == udp::v6());
    if (!error) socket.bind(local, error);
    if (!error) fd_ = socket.release(error);
    if (!error) return {};
    const auto address = local.address().to_string() + " port " + std::to_string(local.port());
    return core::Error{core::ErrorCode::unavailable, "UDP on " + address + ": " + error.message()};
}

// The kernel returns a copy of what has left, with its stamp, as an error of the socket
// (Documentation/networking/timestamping.rst). The copy is asked for because numbers that the kernel gives (OPT_ID) get
// out of step with ours where a send fails.
void StampedSocket::stamp_departures() {
    departed_.resize(headers_max + outgoing_.size());
    set_option(fd_, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
}

std::optional<Departure> StampedSocket::departure() {
    if (!is_open() || departed_.empty()) return std::nullopt;
    alignas(cmsghdr) std::array<std::byte, control_bytes> control;
    iovec io{departed_.data(), departed_.size()};
    msghdr header{};
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const auto got = ::recvmsg(fd_, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0) return std::nullopt;
    Departure departure{std::span(departed_).first(static_cast<std::size_t>(got)), {}};
    for (auto* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part))
        if (const auto stamp = stamp_in(*part)) departure.realtime = *stamp;
    return departure;
}

void StampedSocket::close() {
    rest();
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

// A descriptor that the loop knows wakes it with each datagram, whether anybody waits or not.
void StampedSocket::watch() {
    boost::system::error_code ignored;
    if (fd_ >= 0 && !watcher_.is_open()) watcher_.assign(fd_, ignored);
}

void StampedSocket::rest() {
    if (watcher_.is_open()) watcher_.release();
}

udp::endpoint StampedSocket::local_endpoint() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return endpoint_of(address, size);
}

std::span<const Datagram> StampedSocket::receive() {
    if (!is_open()) return {};
    batch_->prepare();
    const int got = ::recvmmsg(fd_, batch_->headers.data(), batch_max, MSG_DONTWAIT, nullptr);
    if (got <= 0) return {};
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) batch_->read(i);
    return {batch_->datagrams.data(), static_cast<std::size_t>(got)};
}

bool StampedSocket::hold(std::span<const std::byte> bytes) {
    if (!is_open() || bytes.empty() || bytes.size() > outgoing_.size()) return false;
    std::memcpy(outgoing_.data(), bytes.data(), bytes.size());
    return true;
}

bool StampedSocket::send(std::span<const std::byte> bytes, const udp::endpoint& to,
                         std::span<const std::byte> arrived_at) {
    if (!hold(bytes)) return false;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> control;
    if (arrived_at.size() > control.size()) return false;
    if (!arrived_at.empty()) std::memcpy(control.data(), arrived_at.data(), arrived_at.size());
    udp::endpoint target = to;
    iovec io{outgoing_.data(), bytes.size()};
    msghdr header{};
    header.msg_name = target.data();
    header.msg_namelen = static_cast<socklen_t>(target.size());
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = arrived_at.empty() ? nullptr : control.data();
    header.msg_controllen = arrived_at.size();
    return ::sendmsg(fd_, &header, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// One that the kernel does not take (nobody listens there any more, say) keeps none of those behind it from theirs.
std::size_t StampedSocket::send_to_all(std::span<const std::byte> bytes, std::span<const udp::endpoint> to) {
    if (!hold(bytes)) return 0;
    constexpr std::size_t at_once = 64;
    std::array<udp::endpoint, at_once> targets;
    std::array<mmsghdr, at_once> messages;
    iovec io{outgoing_.data(), bytes.size()};
    std::size_t taken = 0;
    while (!to.empty()) {
        const auto count = std::min(to.size(), at_once);
        for (std::size_t i = 0; i < count; ++i) {
            targets[i] = to[i];
            messages[i] = {};
            messages[i].msg_hdr.msg_name = targets[i].data();
            messages[i].msg_hdr.msg_namelen = static_cast<socklen_t>(targets[i].size());
            messages[i].msg_hdr.msg_iov = &io;
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = ::sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
        taken += sent > 0 ? static_cast<std::size_t>(sent) : 0;
        to = to.subspan(sent > 0 ? static_cast<std::size_t>(sent) : 1);
    }
    return taken;
}

}  // namespace antiphon::net
