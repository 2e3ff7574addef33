// The byte stream below HTTP: TCP, or TLS over it. Internal.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <string>

#include "adapters/http/beast.hpp"
#include "ports/tls.hpp"

namespace antiphon::http {

class TlsLayer;

// Plain until one of the handshakes succeeds. Without TLS it costs a pointer and a branch; the TLS layer is compiled
// once, in stream.cpp, behind erased handlers. Time-outs are those of the TCP stream below, and hold for both.
class Stream {
  public:
    using next_layer_type = beast::tcp_stream;
    using executor_type = beast::tcp_stream::executor_type;

    explicit Stream(asio::io_context& io);
    explicit Stream(tcp::socket socket);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) = delete;
    ~Stream();

    bool is_tls() const noexcept { return tls_ != nullptr; }
    next_layer_type& next_layer() noexcept;
    tcp::socket& socket() noexcept { return next_layer().socket(); }
    executor_type get_executor() noexcept { return tcp_.get_executor(); }

    // Of everything that is begun from now on.
    void expires_after(std::chrono::milliseconds time) { next_layer().expires_after(time); }
    void expires_never() { next_layer().expires_never(); }
    void cancel() { next_layer().cancel(); }
    void close() { next_layer().close(); }

    // The server's handshake, whose first bytes were read already.
    asio::awaitable<error_code> accept_tls(const ports::TlsContext& context, asio::const_buffer first_bytes);
    // The client's; the context verifies.
    asio::awaitable<error_code> connect_tls(const ports::TlsContext& context, const std::string& host);
    // Says goodbye (close_notify, RFC 8446, 6.1), and waits for the other's within the time-out; no reading any more.
    asio::awaitable<void> close_tls();

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, Signature>(
            [this](auto handler, const Buffers& space) {
                if (tls_)
                    read_tls(first_of<asio::mutable_buffer>(space), std::move(handler));
                else
                    tcp_.async_read_some(space, std::move(handler));
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, Signature>(
            [this](auto handler, const Buffers& bytes) {
                if (tls_)
                    write_tls(one_record(bytes), std::move(handler));
                else
                    tcp_.async_write_some(bytes, std::move(handler));
            },
            token, buffers);
    }

  private:
    using Signature = void(error_code, std::size_t);
    using Handler = asio::any_completion_handler<Signature>;
    static constexpr std::size_t record_bytes = 16 * 1024;

    void read_tls(asio::mutable_buffer space, Handler handler);
    void write_tls(asio::const_buffer bytes, Handler handler);
    std::vector<char>& gathered() noexcept;

    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        for (auto one = asio::buffer_sequence_begin(buffers); one != asio::buffer_sequence_end(buffers); ++one)
            if (Buffer(*one).size() > 0) return Buffer(*one);
        return {};
    }
    // Several small buffers (a WebSocket's frame header and its text) become one record.
    template <class Buffers>
    asio::const_buffer one_record(const Buffers& buffers) {
        const auto first = first_of<asio::const_buffer>(buffers);
        const auto whole = asio::buffer_size(buffers);
        if (first.size() == whole || first.size() >= record_bytes) return first;
        gathered().resize(std::min(whole, record_bytes));
        asio::buffer_copy(asio::buffer(gathered()), buffers);
        return asio::buffer(gathered());
    }

    beast::tcp_stream tcp_;  // moved into tls_ by a handshake
    std::unique_ptr<TlsLayer> tls_;
};

// A WebSocket has said its own goodbye: what is left is TCP's.
template <class Handler>
void async_teardown(beast::role_type role, Stream& stream, Handler&& handler) {
    async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}
inline void teardown(beast::role_type role, Stream& stream, error_code& error) {
    teardown(role, stream.next_layer(), error);
}

}  // namespace antiphon::http
