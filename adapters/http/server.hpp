// The HTTP and WebSocket server on its owner's loop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/failure_limit.hpp"
#include "adapters/http/permission.hpp"
#include "adapters/http/router.hpp"
#include "adapters/http/url.hpp"
#include "core/result.hpp"
#include "ports/tls.hpp"

namespace boost::asio {
class io_context;
}

namespace antiphon::http {

struct ServerCounters {
    std::array<std::uint64_t, 5> answers_by_class{};  // [0] 1xx ... [4] 5xx
    std::uint64_t connections = 0;                    // accepted, ever
    std::uint64_t open_connections = 0;               // now, with WebSockets
    std::uint64_t open_websockets = 0;                // now
    std::uint64_t refused_connections = 0;            // over the bound, and all who are there are known: 503
    std::uint64_t strangers_cut = 0;                  // gave way to a newer client, over the bound
    std::uint64_t malformed_requests = 0;             // no HTTP, too long, or ambiguous
    std::uint64_t unauthorised = 0;                   // 401 and 403
    std::uint64_t limited = 0;                        // 429: had failed to say who they are too often
    std::uint64_t failed_handshakes = 0;              // TLS: given up by either side, or cut past the bound
    std::uint64_t plain_on_tls = 0;                   // plain HTTP where TLS is spoken: 400
    std::uint64_t timeouts = 0;                       // clients that did not finish what they began
    std::uint64_t slow_consumers_cut = 0;             // did not read: WebSocket queue full, or an answer stuck
    std::uint64_t dropped_responders = 0;             // handlers that never answered, and what sinks threw
    std::uint64_t late_handlers = 0;                  // handlers that took longer than `answer`: 503
    std::uint64_t aborted_uploads = 0;
    std::uint64_t bytes_in = 0;   // headers and bodies as parsed, and WebSocket payloads
    std::uint64_t bytes_out = 0;  // headers, bodies, WebSocket payloads
};

// Names a request in its answer and in all that it leads to. The client may choose it (core::is_trace); handlers find
// what it became in the request's headers.
inline constexpr const char* request_id_header = "X-Request-Id";

// One line of an access log.
struct ServedRequest {
    Method method = Method::get;
    std::string_view pattern;  // of the route; empty when none matched
    std::string_view instance;
    std::string_view peer;
    std::string_view trace;
    int status = 0;
    std::chrono::nanoseconds took{};  // from the end of the request's header to the answer's last byte
};

struct ServerOptions {
    HostPort listen{"127.0.0.1", 8740};  // port 0: any free one
    // Beyond it the oldest that has shown no identity is cut; when all have, the newest is refused.
    std::size_t connections_max = 1024;
    std::size_t header_bytes_max = 16 * 1024;  // beyond it 431
    ports::TlsContext tls;                     // a server's; none: plain HTTP
    std::string host_in_url;                   // of url(); empty: that of `listen`
    std::size_t handshakes_max = 256;          // under way at once; beyond it the oldest is cut
    std::chrono::milliseconds handshake_timeout{5'000};
    std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to its header's end
    std::chrono::milliseconds body_idle{30'000};       // without one byte of a body read or written
    std::chrono::milliseconds idle{60'000};            // between requests
    std::chrono::milliseconds answer{60'000};          // a handler's time to answer
    FailureLimitSettings failures;                     // wrong tokens, and refusals by routes that are `guarded`
    WebSocketLimits websocket;
    Authenticator authenticator;                         // none: every route but those with Permission::none is a 401
    std::function<void(const ServedRequest&)> observer;  // called after each answer
    std::function<core::LocalTime()> now;                // of the limit on failures; none: the steady clock
    std::function<std::string()> new_trace;  // a core::is_trace for requests that bring none; none: they have none
    std::string server_name = "antiphon";
};

struct ServerCore;

// Not thread-safe: everything on the loop's one thread, handlers too.
class Server {
  public:
    // Binds and listens at once. `unavailable` when the port is in use, `denied` when the system forbids it, `invalid`
    // for an address that is none; the message names both and the way out. `io` outlives the server.
    static core::Result<std::unique_ptr<Server>> listen(boost::asio::io_context& io, ServerOptions options,
                                                        Router router);
    // Closes every connection; no handler is called any more, uploads under way are aborted. Not from one of its
    // handlers.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // The actual port.
    std::uint16_t port() const noexcept;
    // "http://127.0.0.1:8740", "https://hall.example:8740"
    std::string url() const;
    // The next connections get this certificate; those that are open live on. Only for a server that began with TLS.
    void use_tls(ports::TlsContext context, std::string host_in_url);
    const Router& router() const noexcept;
    const ServerCounters& counters() const noexcept;

    // Stops accepting, closes idle connections and WebSockets (1001), lets requests under way finish until `deadline`,
    // then cuts them. `done` is called once nothing is open.
    void stop(std::chrono::milliseconds deadline, std::function<void()> done);

  private:
    explicit Server(std::shared_ptr<ServerCore> core);

    std::shared_ptr<ServerCore> core_;
};

}  // namespace antiphon::http
