// Both ends of a WebSocket: the bounded queue out, the messages in, and the ways to end. Internal.
#pragma once

#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string>

#include "adapters/http/stream.hpp"
#include "adapters/http/websocket.hpp"

namespace antiphon::http {

class SocketPump : public WebSocket, public std::enable_shared_from_this<SocketPump> {
  public:
    using Stream = beast::websocket::stream<http::Stream>;
    // What happens to it, for the owner's counters and lists. Not called after cut().
    struct Watch {
        std::function<void(std::size_t bytes)> received;
        std::function<void(std::size_t bytes)> sent;
        std::function<void()> too_slow;
        std::function<void()> ended;
    };

    SocketPump(http::Stream stream, const WebSocketLimits& limits);

    void watch(Watch watch) { watch_ = std::move(watch); }
    Stream& stream() noexcept { return stream_; }
    // After the handshake: reads, and sends what is queued.
    void start();
    // Ends it with on_close(); also before start().
    void fail(std::uint16_t code, const std::string& reason);
    // Ends it now, and calls nobody.
    void cut() noexcept;

    void on_message(MessageHandler handler) override;
    void on_close(CloseHandler handler) override;
    bool send(std::shared_ptr<const std::string> text) override;
    void close(std::uint16_t code, std::string reason) override;
    bool is_open() const noexcept override { return phase_ == Phase::waiting || phase_ == Phase::open; }
    std::size_t queued_messages() const noexcept override { return queue_.size(); }

  private:
    // waiting: no handshake yet; closing: no more send(), the close frame is on its way or due; closed: over
    enum class Phase : std::uint8_t { waiting, open, closing, closed };

    void read_next();
    void read_done(error_code error, std::size_t size);
    void write_next();
    void write_done(error_code error, std::size_t size);
    void say_goodbye();
    void overflow();
    void drop_stream() noexcept;

    WebSocketLimits limits_;
    Stream stream_;
    asio::steady_timer goodbye_;  // bounds closing
    beast::flat_buffer incoming_;
    std::deque<std::shared_ptr<const std::string>> queue_;  // the first one is being written when writing_
    std::size_t queued_bytes_ = 0;
    bool writing_ = false;
    bool said_goodbye_ = false;
    Phase phase_ = Phase::waiting;
    std::uint16_t close_code_ = 0;  // ours, when we began it
    std::string close_reason_;
    std::shared_ptr<const MessageHandler> message_handler_;
    CloseHandler close_handler_;
    Watch watch_;
};

}  // namespace antiphon::http
