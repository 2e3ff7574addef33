// A body that is made while it is sent, for as long as somebody reads it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace antiphon::http {

// The end of whoever makes it; Response::live is the other. All on the server's loop.
class LiveBody {
  public:
    using Bytes = std::shared_ptr<const std::string>;
    static constexpr std::size_t queue_bytes_default = 1024 * 1024;

    explicit LiveBody(std::size_t queue_bytes_max = queue_bytes_default) : queue_bytes_max_(queue_bytes_max) {}

    // Queues it; pass the same pointer to many clients. False when nobody reads it (any more), also when this is more
    // than the queue takes: the client is too slow, is counted and cut off.
    bool send(const Bytes& bytes);
    // After what is queued the body is complete.
    void finish();
    // Once: the client has left or was cut off, or all was sent. Not called after the server is destroyed.
    void on_end(std::function<void()> end) { end_ = std::move(end); }

    bool is_open() const noexcept { return phase_ == Phase::open; }
    std::size_t queued_bytes() const noexcept { return queued_bytes_; }

  private:
    friend class LiveBodyReader;
    enum class Phase : std::uint8_t { open, finished, too_slow, ended };

    void wake() const;
    void over(bool tell);

    const std::size_t queue_bytes_max_;
    std::deque<Bytes> queue_;
    std::size_t queued_bytes_ = 0;
    Phase phase_ = Phase::open;
    std::function<void()> wake_;
    std::function<void()> end_;
};

// The end of the connection. With it the body ends, whether or not it was read.
class LiveBodyReader {
  public:
    explicit LiveBodyReader(std::shared_ptr<LiveBody> body) : body_(std::move(body)) {}
    ~LiveBodyReader() { body_->over(true); }
    LiveBodyReader(const LiveBodyReader&) = delete;
    LiveBodyReader& operator=(const LiveBodyReader&) = delete;

    // Called when there is something new: bytes, or its end.
    void on_news(std::function<void()> wake) { body_->wake_ = std::move(wake); }
    // What was queued first; nothing: nothing is there now.
    LiveBody::Bytes take();
    bool finished() const noexcept { return body_->phase_ == LiveBody::Phase::finished && body_->queue_.empty(); }
    bool too_slow() const noexcept { return body_->phase_ == LiveBody::Phase::too_slow; }
    // The server stops: no more than what is queued.
    void finish() { body_->finish(); }
    // The server is gone: nobody is told.
    void forget() noexcept { body_->over(false); }

  private:
    std::shared_ptr<LiveBody> body_;
};

}  // namespace antiphon::http
