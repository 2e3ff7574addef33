// What the connections of one server share. Internal.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>

#include "adapters/http/beast.hpp"
#include "adapters/http/server.hpp"

namespace antiphon::http {

// Something open that the server must be able to end: a connection or a WebSocket.
class Held {
  public:
    virtual ~Held() = default;
    virtual void drain() = 0;         // end when what is under way is done
    virtual void cut() noexcept = 0;  // end now; call no handler any more
};

struct ServerCore : std::enable_shared_from_this<ServerCore> {
    ServerCore(asio::io_context& loop, ServerOptions settings, Router table)
        : io(loop),
          options(std::move(settings)),
          router(std::move(table)),
          failures(options.failures),
          tls(options.tls),
          acceptor(io),
          deadline(io) {}

    core::Result<void> open();
    asio::awaitable<void> accept_loop(std::shared_ptr<ServerCore> self);
    void take(tcp::socket socket);
    asio::awaitable<void> refuse(std::shared_ptr<ServerCore> self, tcp::socket socket);
    void stop(std::chrono::milliseconds limit, std::function<void()> done);
    void cut_all() noexcept;

    // Among the handshakes under way; past the bound the one that takes the longest is cut.
    void begin_handshake(Held& client);
    void end_handshake(Held& client) noexcept;
    // A client that has not shown who it is: the first to give way when there is no place.
    void hold_stranger(Held& client);
    void show_identity(Held& client) noexcept { std::erase(strangers, &client); }
    void hold(Held& held);
    void release(Held& held) noexcept;
    void count_answer(int status) noexcept;
    core::LocalTime now() const;

    asio::io_context& io;
    ServerOptions options;
    Router router;
    FailureLimit failures;
    ServerCounters counters;
    ports::TlsContext tls;         // of the next connection; none: plain
    std::deque<Held*> handshakes;  // the oldest first
    std::deque<Held*> strangers;   // the oldest first
    tcp::acceptor acceptor;
    asio::steady_timer deadline;  // of stop()
    std::uint16_t port = 0;
    std::unordered_set<Held*> held;
    std::size_t refusals = 0;  // under way
    bool draining = false;
    std::function<void()> stopped;
};

}  // namespace antiphon::http
