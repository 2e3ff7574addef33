// Sockets that hear all of 127/8: which listener a datagram is for tells the address that it came to.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>

#include "adapters/net/clock_packet.hpp"
#include "adapters/srtp/srtp.hpp"
#include "apps/live/door.hpp"
#include "bench/scale/listeners.hpp"
#include "media/rtp/rtcp.hpp"

namespace antiphon::bench {
namespace {

constexpr std::size_t sockets = 8;
constexpr std::size_t batch = 64;
constexpr std::size_t datagram_max = 1500;
constexpr std::uint32_t first_address = 0x7F4D0001;  // 127.77.0.1
constexpr int receive_bytes = 64 << 20;
constexpr std::int64_t tick_ns = 1'000'000, greet_ticks = 1000, probe_ticks = 100;
constexpr std::int64_t grace_ns = 1'000'000'000;  // for what is late

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// A datagram socket's control message: which address of ours.
using Control = std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))>;

class Socket {
  public:
    Socket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        sockaddr_in any{};
        any.sin_family = AF_INET;
        if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) fail("bind");
        if (setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) fail("IP_PKTINFO");
        if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) != 0)
            setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        for (std::size_t i = 0; i < batch; ++i) {
            pieces_[i] = {datagrams_[i].data(), datagram_max};
            auto& header = messages_[i].msg_hdr;
            header.msg_name = &from_[i];
            header.msg_iov = &pieces_[i];
            header.msg_iovlen = 1;
            header.msg_control = controls_[i].data();
        }
    }
    ~Socket() { close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    // Calls take(bytes, from, to) for all that is there, at most a batch; how many.
    template <class Take>
    std::size_t receive(const Take& take) {
        for (auto& message : messages_) {
            message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
            message.msg_hdr.msg_controllen = sizeof(Control);
        }
        const int got = recvmmsg(fd_, messages_.data(), batch, 0, nullptr);
        for (int i = 0; i < got; ++i) {
            auto& message = messages_[static_cast<std::size_t>(i)];
            const auto* control = CMSG_FIRSTHDR(&message.msg_hdr);
            if (!control) continue;
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(control), sizeof info);
            take(std::span(datagrams_[static_cast<std::size_t>(i)]).first(message.msg_len),
                 from_[static_cast<std::size_t>(i)], ntohl(info.ipi_addr.s_addr));
        }
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

    void send(std::span<const std::byte> bytes, sockaddr_in to, std::uint32_t from) {
        alignas(cmsghdr) Control control{};
        iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_name = &to;
        message.msg_namelen = sizeof to;
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = IPPROTO_IP;
        header->cmsg_type = IP_PKTINFO;
        header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(from);
        std::memcpy(CMSG_DATA(header), &info, sizeof info);
        (void)sendmsg(fd_, &message, 0);
    }

  private:
    int fd_;
    std::vector<std::array<std::byte, datagram_max>> datagrams_ =
        std::vector<std::array<std::byte, datagram_max>>(batch);
    std::array<sockaddr_in, batch> from_{};
    std::array<iovec, batch> pieces_{};
    alignas(cmsghdr) std::array<Control, batch> controls_{};
    std::array<mmsghdr, batch> messages_{};
};

class Listeners {
  public:
    Listeners(const OurStream& told, const live::Stream& stream, const Crowd& crowd)
        : stream_(stream),
          crowd_(crowd),
          sender_(loopback(told.door.port)),
          clock_(loopback(told.clock_port)),
          sealer_(*srtp::Sealer::open(stream.key)),
          opener_(*srtp::Opener::open(stream.key)),
          counts_(crowd.listeners) {
        for (auto& socket : sockets_) socket = std::make_unique<Socket>();
    }

    Heard listen() {
        begin_ns_ = now_ns();
        first_ = number_at(begin_ns_ + static_cast<std::int64_t>(crowd_.settle_s * 1e9)) + 1;
        last_ = first_ + static_cast<std::int64_t>(crowd_.seconds * 1e9) / stream_.period().count();
        const auto end = departure_ns(last_) + grace_ns;
        while (now_ns() < end) {
            speak();
            for (auto& socket : sockets_) hear(*socket);
            rest();
        }
        return result();
    }

  private:
    std::int64_t departure_ns(std::int64_t number) const {
        return stream_.first_departure_ns() + number * stream_.period().count();
    }
    std::int64_t number_at(std::int64_t ns) const {
        return (ns - stream_.first_departure_ns()) / stream_.period().count();
    }
    Socket& socket_of(std::size_t listener) { return *sockets_[listener % sockets]; }
    static std::uint32_t address_of(std::size_t listener) {
        return first_address + static_cast<std::uint32_t>(listener / 250 * 256 + listener % 250);
    }
    std::optional<std::size_t> listener_at(std::uint32_t address) const {
        const auto place = address - first_address;
        const auto listener = std::size_t{place / 256} * 250 + place % 256;
        return listener < crowd_.listeners ? std::optional(listener) : std::nullopt;
    }

    // What is due: of each listener at a time of its own.
    void speak() {
        for (const auto now = (now_ns() - begin_ns_) / tick_ns; tick_ <= now; ++tick_) {
            for (auto i = static_cast<std::size_t>(tick_ % greet_ticks); i < crowd_.listeners; i += greet_ticks)
                greet(i);
            for (auto i = static_cast<std::size_t>(tick_ % probe_ticks); i < crowd_.listeners; i += probe_ticks)
                if (tick_ >= greet_ticks) ask_for_time(i);
        }
    }
    void greet(std::size_t listener) {
        std::array<std::byte, 128> report{};
        rtp::ControlWriter writer(report);
        writer.report(rtp::ReceiverReport{static_cast<std::uint32_t>(0x1000'0000 + listener)});
        const auto size = sealer_.seal_rtcp(report, writer.size());
        socket_of(listener).send(std::span(report).first(size), sender_, address_of(listener));
    }
    void ask_for_time(std::size_t listener) {
        const auto probe = net::encode(net::ClockPacket{.nonce = listener, .t1_ns = now_ns()});
        socket_of(listener).send(probe, clock_, address_of(listener));
    }

    void hear(Socket& socket) {
        std::size_t got = batch;
        for (int batches = 0; got == batch && batches < 64; ++batches)
            got = socket.receive([&](std::span<std::byte> bytes, const sockaddr_in& from, std::uint32_t to) {
                const auto listener = listener_at(to);
                if (from.sin_port == clock_.sin_port) return void(++answers_);
                if (listener && from.sin_port == sender_.sin_port) take(*listener, bytes);
            });
    }
    void take(std::size_t listener, std::span<std::byte> bytes) {
        const auto now = now_ns();
        const auto index = live::index_of(stream_, bytes, number_at(now));
        if (!index) return;
        const auto number = static_cast<std::int64_t>(*index - stream_.identity.index(0));
        if (number < first_ || number >= last_) return;
        ++counts_[listener];
        bytes_ += bytes.size();
        ages_.add(now - departure_ns(number));
        if (listener == 0 && opener_.open_rtp(bytes, *index) == srtp::Opened::good) ++authentic_;
    }

    Heard result() const {
        const auto each = static_cast<double>(last_ - first_);
        const auto all = each * static_cast<double>(crowd_.listeners);
        const auto seconds = each * static_cast<double>(stream_.period().count()) / 1e9;
        return {.listeners = crowd_.listeners,
                .packets_per_s = each / seconds,
                .bytes_per_s = static_cast<double>(bytes_) / seconds / static_cast<double>(crowd_.listeners),
                .unserved = static_cast<std::size_t>(std::count(counts_.begin(), counts_.end(), 0U)),
                .missing_percent = 100 * (1 - static_cast<double>(ages_.count()) / all),
                .age_p50_ms = ages_.percentile_ms(0.5),
                .age_p99_ms = ages_.percentile_ms(0.99),
                .age_max_ms = ages_.max_ms(),
                .authentic = authentic_,
                .answers = answers_};
    }

    const live::Stream stream_;
    const Crowd crowd_;
    const sockaddr_in sender_;
    const sockaddr_in clock_;
    srtp::Sealer sealer_;
    srtp::Opener opener_;
    std::array<std::unique_ptr<Socket>, sockets> sockets_;
    std::vector<std::uint32_t> counts_;  // packets of each
    Ages ages_;
    std::uint64_t bytes_ = 0, authentic_ = 0, answers_ = 0;
    std::int64_t begin_ns_ = 0, tick_ = 0;
    std::int64_t first_ = 0, last_ = 0;  // packets that are counted
};

}  // namespace

Heard listen_to_ours(const OurStream& told, const Crowd& crowd) {
    const auto stream = live::stream_of(told.door, {{}, told.begins_ns});
    if (!stream) throw std::runtime_error(stream.error().what);
    return Listeners(told, *stream, crowd).listen();
}

}  // namespace antiphon::bench
