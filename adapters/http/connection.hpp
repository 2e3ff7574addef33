// One HTTP connection at the server: request after request, one at a time. Internal.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/http/admission.hpp"
#include "adapters/http/reply.hpp"

namespace antiphon::http {

// An answer that is awaited.
struct Awaited {
    explicit Awaited(const asio::any_io_executor& executor) : wake(executor) {}

    asio::steady_timer wake;
    bool settled = false;
    std::optional<Response> response;  // empty though settled: the responder was dropped
};

class Connection final : public Held, public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<ServerCore> core, tcp::socket socket);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    void drain() override;
    void cut() noexcept override;

  private:
    asio::awaitable<void> serve(std::shared_ptr<Connection> self);
    // The TLS handshake, in connection_tls.cpp. False: there is none, and what the client had to be told was told.
    asio::awaitable<bool> shake_hands();
    asio::awaitable<void> refuse_plain();
    // False: the connection ends, and what the client had to be told was told.
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> await_request();
    asio::awaitable<error_code> read_head(Exchange& exchange);
    // The client's X-Request-Id if it is one, else a new one.
    std::string trace_of(const Exchange& exchange) const;
    asio::awaitable<void> refuse_malformed(Exchange& exchange, error_code error);
    // Nothing: there is nobody to answer.
    asio::awaitable<std::optional<Response>> answer_to(Exchange& exchange);
    asio::awaitable<bool> allow_body(const Exchange& exchange);
    asio::awaitable<std::optional<Response>> receive_body(Exchange& exchange);
    asio::awaitable<std::optional<Response>> receive_upload(Exchange& exchange);
    asio::awaitable<std::optional<Response>> pass_body(Exchange& exchange);
    asio::awaitable<void> sink_ready();
    asio::awaitable<std::optional<Response>> ask(Exchange& exchange, std::function<void(Responder)> handler);
    asio::awaitable<void> upgrade(Exchange& exchange);

    // What a failed read of a body means; nothing: the client is gone.
    std::optional<Response> broken_body(Exchange& exchange, error_code error);
    void abort_upload() noexcept;

    asio::awaitable<bool> write(Exchange& exchange, Response response);
    asio::awaitable<bool> write_file(const OpenFile& file);
    asio::awaitable<bool> write_live(Exchange& exchange, Response response);
    asio::awaitable<bool> write_pieces(LiveBodyReader& reader, bool chunked);
    asio::awaitable<bool> write_all(std::string_view bytes);
    void observe(const Exchange& exchange, int status);

    std::shared_ptr<ServerCore> core_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::string peer_;
    std::string client_;      // whose failures are counted together
    bool first_ = true;       // no request yet
    bool idle_ = false;       // between two requests
    bool cut_ = false;        // no handler may be called any more
    bool lingering_ = false;  // the client may still be sending when we close
    std::unique_ptr<UploadSink> sink_;
    bool sink_begun_ = false;  // it has a finish() or aborted() to come
    std::shared_ptr<Awaited> awaited_;
    std::shared_ptr<LiveBodyReader> live_;  // while it is sent
};

}  // namespace antiphon::http
