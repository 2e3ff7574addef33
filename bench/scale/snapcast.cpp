// Snapcast's binary protocol, as far as a client needs it that only counts: little endian, a header of 26 bytes, then
// as many as it says. (doc/binary_protocol.md of Snapcast.)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <system_error>

#include "bench/scale/listeners.hpp"

namespace antiphon::bench {
namespace {

constexpr std::size_t header_bytes = 26, size_at = 22;
constexpr std::uint16_t wire_chunk = 2, time_message = 4, hello = 5;
constexpr std::int64_t second_ns = 1'000'000'000;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

template <class Number>
void put(std::string& to, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i) to += static_cast<char>(number >> 8 * i & 0xFF);
}
template <class Number>
Number get(std::span<const char> from, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        number |= std::uint64_t{static_cast<unsigned char>(from[at + i])} << 8 * i;
    return static_cast<Number>(number);
}
// Seconds and microseconds.
std::int64_t time_at(std::span<const char> from, std::size_t at) {
    return get<std::int32_t>(from, at) * second_ns + get<std::int32_t>(from, at + 4) * std::int64_t{1000};
}

std::string message(std::uint16_t type, const std::string& body) {
    const auto now = now_ns();
    std::string bytes;
    put(bytes, type);
    put(bytes, std::uint32_t{0});  // id, and which one it refers to
    put(bytes, static_cast<std::uint32_t>(now / second_ns));
    put(bytes, static_cast<std::uint32_t>(now % second_ns / 1000));
    put(bytes, std::uint64_t{0});  // received
    put(bytes, static_cast<std::uint32_t>(body.size()));
    return bytes + body;
}

std::string greeting(std::size_t number) {
    const auto name = "listener" + std::to_string(number);
    const auto json = R"({"Arch":"x86_64","ClientName":"Snapclient","HostName":")" + name + R"(","ID":")" + name +
                      R"(","Instance":1,"MAC":"02:00:00:00:00:01","OS":"Linux","SnapStreamProtocolVersion":2,)" +
                      R"("Version":"0.26.0"})";
    std::string body;
    put(body, static_cast<std::uint32_t>(json.size()));
    return message(hello, body + json);
}

// One connection, and what of a message has come.
class Client {
  public:
    Client(std::size_t number, const sockaddr_in& server) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        say(greeting(number));
    }
    ~Client() { close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    int fd() const { return fd_; }
    bool cut_off() const { return cut_off_; }
    void ask_for_time() { say(message(time_message, std::string(8, '\0'))); }

    // Calls take(type, body) for each whole message; how many bytes came.
    template <class Take>
    std::size_t receive(std::span<char> buffer, const Take& take) {
        const auto got = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got == 0) cut_off_ = true;
        if (got <= 0) return 0;
        waiting_.insert(waiting_.end(), buffer.begin(), buffer.begin() + got);
        std::span<const char> left(waiting_);
        while (left.size() >= header_bytes) {
            const std::size_t size = header_bytes + get<std::uint32_t>(left, size_at);
            if (left.size() < size) break;
            take(get<std::uint16_t>(left, 0), left.subspan(header_bytes, size - header_bytes));
            left = left.subspan(size);
        }
        waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(left.size()));
        return static_cast<std::size_t>(got);
    }

  private:
    void say(const std::string& bytes) {
        if (send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) cut_off_ = true;
    }

    int fd_;
    bool cut_off_ = false;
    std::vector<char> waiting_;
};

}  // namespace

Heard listen_to_snapserver(std::uint16_t port, const Crowd& crowd) {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const auto begin = now_ns();
    const auto counted_from = begin + static_cast<std::int64_t>(crowd.settle_s * 1e9);
    const auto end = counted_from + static_cast<std::int64_t>(crowd.seconds * 1e9);
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::uint64_t> counts(crowd.listeners);
    std::vector<char> buffer(1 << 16);
    std::vector<epoll_event> ready(4096);
    Ages ages;
    Heard heard{.listeners = crowd.listeners};
    std::uint64_t bytes = 0;
    std::int64_t tick = 0;
    for (auto now = begin; now < end; now = now_ns()) {
        // They come within the second, and each asks at a time of its own.
        const auto due = std::min(crowd.listeners, static_cast<std::size_t>(static_cast<double>(now - begin) / 1e9 *
                                                                            static_cast<double>(crowd.listeners)));
        for (auto number = clients.size(); number < due; ++number) {
            clients.push_back(std::make_unique<Client>(number, server));
            epoll_event event{EPOLLIN, {.u64 = number}};
            if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients.back()->fd(), &event) != 0) fail("epoll");
        }
        for (; tick < (now - begin) / 1'000'000; ++tick)
            for (auto i = static_cast<std::size_t>(tick % 1000); i < clients.size(); i += 1000)
                clients[i]->ask_for_time();
        rest();
        const int count = epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), 0);
        for (int i = 0; i < count; ++i) {
            const auto number = static_cast<std::size_t>(ready[static_cast<std::size_t>(i)].data.u64);
            auto& client = *clients[number];
            const auto at = now_ns();
            const auto got = client.receive(buffer, [&](std::uint16_t type, std::span<const char> body) {
                if (type == time_message) ++heard.answers;
                if (type != wire_chunk || body.size() < 12 || at < counted_from) return;
                ++counts[number];
                ages.add(at - time_at(body, 0));
            });
            if (at >= counted_from) bytes += got;
            if (client.cut_off()) epoll_ctl(epoll, EPOLL_CTL_DEL, client.fd(), nullptr);
        }
    }
    close(epoll);
    // Each gets the same, so what the best one got is what there was; one more or less is where it was begun to count.
    const auto most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
    std::uint64_t missing = 0;
    for (const auto count : counts) missing += most - std::min(most, count + 1);
    heard.packets_per_s = static_cast<double>(most) / crowd.seconds;
    heard.bytes_per_s = static_cast<double>(bytes) / crowd.seconds / static_cast<double>(crowd.listeners);
    heard.unserved = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), 0U));
    if (most > 0)
        heard.missing_percent =
            100 * static_cast<double>(missing) / static_cast<double>(most * std::max<std::size_t>(1, crowd.listeners));
    heard.age_p50_ms = ages.percentile_ms(0.5);
    heard.age_p99_ms = ages.percentile_ms(0.99);
    heard.age_max_ms = ages.max_ms();
    return heard;
}

}  // namespace antiphon::bench
