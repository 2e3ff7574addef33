// One WebSocket connection, at the server's or the client's end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/message.hpp"

namespace antiphon::http {

struct WebSocketLimits {
    std::size_t queue_messages_max = 256;        // waiting to be sent; beyond it the socket is cut with 1013
    std::size_t queue_bytes_max = 1024 * 1024;   // the same
    std::size_t incoming_bytes_max = 64 * 1024;  // a longer message closes the socket with 1009
    std::uint32_t idle_ms = 60'000;              // half of it without a frame: ping; all of it: closed
};

namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t abnormal = 1006;  // only reported: the connection ended without a close frame
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t try_again_later = 1013;  // sent to slow consumers
}  // namespace close_code

// All calls and all handlers on the loop of the server or client that made it.
class WebSocket {
  public:
    using MessageHandler = std::function<void(const std::string& text)>;
    using CloseHandler = std::function<void(std::uint16_t code, const std::string& reason)>;

    virtual ~WebSocket() = default;

    // Text and binary messages alike. Set it in the route's handler or later; before that messages are dropped.
    virtual void on_message(MessageHandler handler) = 0;
    // Once, whatever ended the connection. Not called after the server or client is destroyed.
    virtual void on_close(CloseHandler handler) = 0;

    // Queues a text message; pass the same pointer to many clients. False when it is not open (any more), also when
    // this message overflowed the queue: the consumer is too slow, is counted and cut off.
    virtual bool send(std::shared_ptr<const std::string> text) = 0;
    bool send(std::string text) { return send(std::make_shared<const std::string>(std::move(text))); }

    // Says goodbye after what is queued; within 2 s, or the connection is dropped.
    virtual void close(std::uint16_t code, std::string reason) = 0;

    virtual bool is_open() const noexcept = 0;
    virtual std::size_t queued_messages() const noexcept = 0;
};

}  // namespace antiphon::http
