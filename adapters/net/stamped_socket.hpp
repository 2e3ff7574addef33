// A UDP socket whose datagrams carry the moment at which the kernel received them, and may tell when they left.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace antiphon::net {

// Valid until the next receive().
struct Datagram {
    std::span<std::byte> bytes;  // cut at the socket's bytes_max, then `cut` is set; whoever receives it may change it
    bool cut = false;
    boost::asio::ip::udp::endpoint from;
    std::optional<std::chrono::nanoseconds> realtime;  // the kernel's stamp, CLOCK_REALTIME
    // The address of ours that it was sent to, as a control message for the answer; empty when unknown.
    std::span<const std::byte> arrived_at;
};

// What the kernel has given to the network's device. Valid until the next departure().
struct Departure {
    std::span<const std::byte> bytes;   // what was sent, behind whatever headers it left with
    std::chrono::nanoseconds realtime;  // CLOCK_REALTIME
};

// Not thread-safe; nothing here blocks.
class StampedSocket {
  public:
    static constexpr std::size_t batch_max = 32;
    static constexpr std::size_t clock_bytes = 64;    // clock packets are smaller; longer datagrams are none
    static constexpr std::size_t audio_bytes = 1500;  // what an Ethernet frame carries
    static constexpr int group_hops = 16;             // routers that a datagram to a group passes at most

    // Longer datagrams than `bytes_max` are cut when received, and not sent.
    StampedSocket(boost::asio::io_context& io, std::size_t bytes_max);
    ~StampedSocket();

    // `unavailable` when the port is taken; the error does not say which option to change, because we do not know.
    core::Result<void> open(const boost::asio::ip::udp::endpoint& local);
    // From now on departure() tells of what is sent; until close(). Where the kernel cannot, it tells nothing.
    void stamp_departures();
    void close();
    bool is_open() const { return fd_ >= 0; }
    boost::asio::ip::udp::endpoint local_endpoint() const;

    // Calls `handler(error_code)` once, when there is something to receive, or on close().
    template <class Handler>
    void async_wait(Handler&& handler) {
        watch();
        watcher_.async_wait(boost::asio::posix::stream_descriptor::wait_read, std::forward<Handler>(handler));
    }
    // While nobody waits: what arrives shall not wake the loop, until somebody waits again.
    void rest();

    // Everything that is there, at most batch_max datagrams; empty when there is nothing.
    std::span<const Datagram> receive();

    // The next datagram that has left; nothing when no more is known yet. Known at once where nothing queues before the
    // device; what is not fetched makes async_wait() wake early, once.
    std::optional<Departure> departure();

    // False when the kernel does not take it now (no route, no buffer): a datagram less. `arrived_at` makes it leave
    // from the address its question was sent to, which a host with several addresses does not do by itself.
    bool send(std::span<const std::byte> bytes, const boost::asio::ip::udp::endpoint& to,
              std::span<const std::byte> arrived_at = {});
    // The same bytes to each of `to`, with one call for up to 64 of them. How many the kernel took.
    std::size_t send_to_all(std::span<const std::byte> bytes, std::span<const boost::asio::ip::udp::endpoint> to);

  private:
    struct Batch;

    bool hold(std::span<const std::byte> bytes);
    void watch();

    boost::asio::io_context& io_;
    int fd_ = -1;
    boost::asio::posix::stream_descriptor watcher_;  // has `fd_` while the loop watches it
    std::unique_ptr<Batch> batch_;
    std::vector<std::byte> departed_;  // empty: nobody asks
    std::vector<std::byte> outgoing_;  // sendmsg() takes pointers to mutable data, and writes to none of it
};

}  // namespace antiphon::net
