// A UDP socket whose datagrams carry the moment at which the kernel received them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "core/result.hpp"

namespace antiphon::net {

// Valid until the next receive().
struct Datagram {
    std::span<const std::byte> bytes;  // cut at StampedSocket::bytes_max, then `cut` is set
    bool cut = false;
    boost::asio::ip::udp::endpoint from;
    std::optional<std::chrono::nanoseconds> realtime;  // the kernel's stamp, CLOCK_REALTIME
    // The address of ours that it was sent to, as a control message for the answer; empty when unknown.
    std::span<const std::byte> arrived_at;
};

// Not thread-safe; nothing here blocks.
class StampedSocket {
  public:
    static constexpr std::size_t batch_max = 32;
    static constexpr std::size_t bytes_max = 64;  // clock packets are smaller; longer datagrams are none

    explicit StampedSocket(boost::asio::io_context& io);
    ~StampedSocket();

    // `unavailable` when the port is taken; the error does not say which option to change, because we do not know.
    core::Result<void> open(const boost::asio::ip::udp::endpoint& local);
    void close();
    bool is_open() const { return socket_.is_open(); }
    boost::asio::ip::udp::endpoint local_endpoint() const;

    // Calls `handler(error_code)` once, when there is something to receive, or on close().
    template <class Handler>
    void async_wait(Handler&& handler) {
        socket_.async_wait(boost::asio::ip::udp::socket::wait_read, std::forward<Handler>(handler));
    }

    // Everything that is there, at most batch_max datagrams; empty when there is nothing.
    std::span<const Datagram> receive();

    // False when the kernel does not take it now (no route, no buffer): a datagram less. `arrived_at` makes it leave
    // from the address its question was sent to, which a host with several addresses does not do by itself.
    bool send(std::span<const std::byte> bytes, const boost::asio::ip::udp::endpoint& to,
              std::span<const std::byte> arrived_at = {});

  private:
    struct Batch;

    boost::asio::ip::udp::socket socket_;
    std::unique_ptr<Batch> batch_;
};

}  // namespace antiphon::net
