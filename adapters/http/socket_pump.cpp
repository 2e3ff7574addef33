// Both ends of a WebSocket. At most one read and one write are under way; the queue waits behind the write.
#include "adapters/http/socket_pump.hpp"

#include <utility>

namespace antiphon::http {
namespace {

namespace websocket = beast::websocket;
constexpr std::chrono::seconds goodbye_time{2};
constexpr std::size_t reason_bytes_max = 120;  // a close frame has room for 123

}  // namespace

SocketPump::SocketPump(http::Stream stream, const WebSocketLimits& limits)
    : limits_(limits), stream_(std::move(stream)), goodbye_(stream_.get_executor()) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(10);
    timeout.idle_timeout = std::chrono::milliseconds(limits_.idle_ms);
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(limits_.incoming_bytes_max);
    stream_.text(true);
    beast::get_lowest_layer(stream_).expires_never();  // the WebSocket layer has its own time-outs
}

void SocketPump::start() {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::waiting) phase_ = Phase::open;
    read_next();
    write_next();
}

void SocketPump::on_message(MessageHandler handler) {
    message_handler_ = handler ? std::make_shared<const MessageHandler>(std::move(handler)) : nullptr;
}

void SocketPump::on_close(CloseHandler handler) { close_handler_ = std::move(handler); }

void SocketPump::read_next() {
    stream_.async_read(
        incoming_, [self = shared_from_this()](error_code error, std::size_t size) { self->read_done(error, size); });
}

void SocketPump::read_done(error_code error, std::size_t size) {
    if (phase_ == Phase::closed) return;
    if (error) {
        const auto& peer = stream_.reason();
        const bool closed = error == websocket::error::closed;
        const std::uint16_t code = closed && peer.code != 0 ? peer.code : close_code::abnormal;
        return fail(code, closed ? std::string(peer.reason.data(), peer.reason.size()) : error.message());
    }
    if (watch_.received) watch_.received(size);
    const auto data = incoming_.cdata();
    const std::string text(static_cast<const char*>(data.data()), data.size());
    incoming_.consume(incoming_.size());
    // held while it runs, for it may replace itself
    const auto handler = message_handler_;
    if (handler && is_open()) (*handler)(text);
    if (phase_ != Phase::closed) read_next();
}

bool SocketPump::send(std::shared_ptr<const std::string> text) {
    if (!is_open()) return false;
    const bool full =
        queue_.size() >= limits_.queue_messages_max || queued_bytes_ + text->size() > limits_.queue_bytes_max;
    if (full) return overflow(), false;
    queued_bytes_ += text->size();
    queue_.push_back(std::move(text));
    write_next();
    return true;
}

void SocketPump::overflow() {
    // the one being written must stay whole
    queue_.resize(writing_ ? 1 : 0);
    if (watch_.too_slow) watch_.too_slow();
    close(close_code::try_again_later, "reads too slowly");
}

void SocketPump::write_next() {
    if (writing_ || phase_ == Phase::waiting || phase_ == Phase::closed) return;
    if (queue_.empty()) return say_goodbye();
    writing_ = true;
    stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](error_code error, std::size_t size) {
        self->write_done(error, size);
    });
}

void SocketPump::write_done(error_code error, std::size_t size) {
    writing_ = false;
    if (phase_ == Phase::closed) return;
    if (error) return fail(close_code::abnormal, error.message());
    if (watch_.sent) watch_.sent(size);
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    write_next();
}

void SocketPump::close(std::uint16_t code, std::string reason) {
    if (phase_ == Phase::waiting) return fail(code, reason);
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    close_code_ = code;
    close_reason_ = reason.substr(0, reason_bytes_max);
    goodbye_.expires_after(goodbye_time);
    goodbye_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (!error && self) self->fail(close_code::abnormal, "the other side did not take its leave");
    });
    write_next();
}

// The queue is out: the close frame, when it is due. The read under way ends with the answer to it.
void SocketPump::say_goodbye() {
    if (phase_ != Phase::closing || std::exchange(said_goodbye_, true)) return;
    const websocket::close_reason reason(static_cast<websocket::close_code>(close_code_), close_reason_);
    stream_.async_close(
        reason, [self = shared_from_this()](error_code error) { self->fail(close_code::abnormal, error.message()); });
}

void SocketPump::fail(std::uint16_t code, const std::string& reason) {
    if (phase_ == Phase::closed) return;
    const auto self = shared_from_this();  // handlers may let go of us
    const bool ours = phase_ == Phase::closing;
    phase_ = Phase::closed;
    drop_stream();
    message_handler_ = nullptr;
    if (watch_.ended) watch_.ended();
    watch_ = {};
    if (const auto handler = std::exchange(close_handler_, nullptr))
        ours ? handler(close_code_, close_reason_) : handler(code, reason);
}

void SocketPump::cut() noexcept {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    message_handler_ = nullptr;
    close_handler_ = nullptr;
    watch_ = {};
    drop_stream();
}

void SocketPump::drop_stream() noexcept {
    goodbye_.cancel();
    beast::get_lowest_layer(stream_).close();
    if (!writing_) queue_.clear();  // else the write that fails now still needs its message
}

}  // namespace antiphon::http
