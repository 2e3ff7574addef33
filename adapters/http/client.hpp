// The HTTP and WebSocket client: for workers, the command line and tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "adapters/http/message.hpp"
#include "adapters/http/url.hpp"
#include "adapters/http/websocket.hpp"
#include "core/result.hpp"
#include "ports/tls.hpp"

namespace boost::asio {
class io_context;
}

namespace antiphon::http {

struct ClientOptions {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds stall_timeout{30'000};  // transfers: without one byte moved
    std::uint64_t body_bytes_max = 8 * 1024 * 1024;   // of an answer that is kept in memory
    std::size_t idle_connections_max = 2;             // kept open for the next request
    std::size_t exchanges_max = 64;                   // under way at once; beyond it `exhausted`
    // For what can wait, so that it keeps nothing else waiting: each connection sends at most so much a second, paced
    // by the kernel, and asks the network for a lower effort (RFC 8622). 0: as fast as it goes.
    std::uint32_t paced_bytes_per_s = 0;
    WebSocketLimits websocket;
    std::shared_ptr<ports::TlsTrust> trust;  // whom https believes; none: https is refused
};

struct ClientRequest {
    Method method = Method::get;
    std::string target;  // encoded, with its query: "/v1/sessions?limit=5"
    Headers headers;
    std::string body;
    std::string content_type = "application/json";  // sent with a body only
    std::chrono::milliseconds deadline{30'000};     // for all of it; then `unavailable`
};

struct DownloadRequest {
    std::string target;
    std::uint64_t offset = 0;  // first byte wanted: what is already there is not sent again
    std::string etag;          // of what is already there; `conflict` when the server's differs
    Headers headers;
    unsigned resumes_max = 5;  // broken connections to survive, as long as each one brought something
};

struct Downloaded {
    std::uint64_t bytes = 0;       // given to the sink
    std::uint64_t total_size = 0;  // of the whole file; 0 when the server did not say
    std::string etag;
    std::string content_type;
    unsigned resumes = 0;
};

// Fills the span from its start; returns how much, 0 at the end.
using ChunkSource = std::function<core::Result<std::size_t>(std::span<std::byte>)>;

struct UploadRequest {
    Method method = Method::put;
    std::string target;
    Headers headers;
    std::string content_type = "application/octet-stream";
    std::variant<std::filesystem::path, ChunkSource> source;
    std::optional<std::uint64_t> content_length;  // of a ChunkSource; nothing: sent chunked. A file knows its own
    // How much went into the socket, after each piece. May be empty.
    std::function<void(std::uint64_t sent_bytes, std::optional<std::uint64_t> total_bytes)> progress;
};

struct WebSocketEvents {
    std::function<void()> on_open;
    WebSocket::MessageHandler on_message;
    // Once, also when it never opened: then with close_code::abnormal and the reason.
    WebSocket::CloseHandler on_close;
};

struct ClientCore;

// Everything on the loop's one thread. An answer with an error status is a Response, not an Error: see error_of().
// Errors: `unavailable` when the server cannot be reached, proves to be another, hangs up or is too slow; `exhausted`
// when an answer is longer than the bound; `corrupt` when it is no HTTP. The message names the URL and the way out.
class Client {
  public:
    // `token` is sent as bearer token; empty: none. `io` outlives the client.
    Client(boost::asio::io_context& io, Url base, std::string token, ClientOptions options = {});
    // Ends what is under way; its callbacks are not called any more. Callbacks may do it too.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    using Done = std::function<void(core::Result<Response>)>;
    void request(ClientRequest request, Done done);

    // The sink's error ends it and is what `done` gets. The server's error answers come as Error, see error_of().
    using ChunkSink = std::function<core::Result<void>(std::span<const std::byte>)>;
    void download(DownloadRequest request, ChunkSink sink, std::function<void(core::Result<Downloaded>)> done);

    // Memory: 64 KiB, whatever the size. Sent with "Expect: 100-continue", so that a refusal costs nothing.
    void upload(UploadRequest request, Done done);

    // Connects at once; send() before on_open queues. Not reconnected: on_close tells.
    std::shared_ptr<WebSocket> websocket(std::string target, WebSocketEvents events);

    const Url& base() const noexcept;

  private:
    std::shared_ptr<ClientCore> core_;
};

// Blocking, for the command line: runs a loop of its own until the answer or the deadline.
core::Result<Response> fetch(const Url& base, const std::string& token, ClientRequest request,
                             ClientOptions options = {});

}  // namespace antiphon::http
