// TLS over TCP by Asio and OpenSSL: the only source that compiles it.
#include "adapters/http/stream.hpp"

#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace antiphon::http {
namespace {

namespace ssl = asio::ssl;

// The end of TCP without TLS's goodbye may be an attacker's: never an end, always a break.
error_code as_break(error_code error) {
    return error == ssl::error::stream_truncated ? error_code(asio::error::connection_reset) : error;
}

bool is_address(const std::string& host) {
    error_code none;
    asio::ip::make_address(host, none);
    return !none;
}

}  // namespace

class TlsLayer {
  public:
    TlsLayer(beast::tcp_stream below, const ports::TlsContext& context)
        : stream(std::move(below), ::SSL_new(context.get())) {}

    ssl::stream<beast::tcp_stream> stream;
    std::vector<char> gathered;  // being written
};

Stream::Stream(asio::io_context& io) : tcp_(io) {}
Stream::Stream(tcp::socket socket) : tcp_(std::move(socket)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream::~Stream() = default;

Stream::next_layer_type& Stream::next_layer() noexcept { return tls_ ? tls_->stream.next_layer() : tcp_; }
std::vector<char>& Stream::gathered() noexcept { return tls_->gathered; }

asio::awaitable<error_code> Stream::accept_tls(const ports::TlsContext& context, asio::const_buffer first_bytes) {
    tls_ = std::make_unique<TlsLayer>(std::move(tcp_), context);
    auto [error, used] = co_await tls_->stream.async_handshake(ssl::stream_base::server, first_bytes, as_result);
    // nobody may speak before the server has: what is left over was never asked for
    if (!error && used != first_bytes.size()) co_return asio::error::invalid_argument;
    co_return as_break(error);
}

asio::awaitable<error_code> Stream::connect_tls(const ports::TlsContext& context, const std::string& host) {
    tls_ = std::make_unique<TlsLayer>(std::move(tcp_), context);
    static constexpr unsigned char protocols[] = "\x08http/1.1";
    auto* const session = tls_->stream.native_handle();
    ::SSL_set_alpn_protos(session, protocols, sizeof protocols - 1);
    auto name = host;
    if (!is_address(host))  // RFC 6066, 3: names only
        ::SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    auto [error] = co_await tls_->stream.async_handshake(ssl::stream_base::client, as_result);
    co_return as_break(error);
}

asio::awaitable<void> Stream::close_tls() {
    if (tls_) co_await tls_->stream.async_shutdown(as_result);
}

void Stream::read_tls(asio::mutable_buffer space, Handler handler) {
    tls_->stream.async_read_some(space, [handler = std::move(handler)](error_code error, std::size_t size) mutable {
        std::move(handler)(as_break(error), size);
    });
}

void Stream::write_tls(asio::const_buffer bytes, Handler handler) {
    tls_->stream.async_write_some(bytes, [handler = std::move(handler)](error_code error, std::size_t size) mutable {
        std::move(handler)(as_break(error), size);
    });
}

}  // namespace antiphon::http
