// A bounded queue between whoever makes a body and whoever sends it.
#include "adapters/http/live_body.hpp"

#include <utility>

namespace antiphon::http {

bool LiveBody::send(const Bytes& bytes) {
    if (phase_ != Phase::open) return false;
    if (queued_bytes_ + bytes->size() > queue_bytes_max_) {
        phase_ = Phase::too_slow;
        wake();
        return false;
    }
    if (bytes->empty()) return true;
    queue_.push_back(bytes);
    queued_bytes_ += bytes->size();
    wake();
    return true;
}

void LiveBody::finish() {
    if (phase_ != Phase::open) return;
    phase_ = Phase::finished;
    wake();
}

void LiveBody::wake() const {
    if (wake_) wake_();
}

void LiveBody::over(bool tell) {
    phase_ = Phase::ended;
    wake_ = nullptr;
    queue_.clear();
    queued_bytes_ = 0;
    const auto end = std::exchange(end_, nullptr);
    if (tell && end) end();
}

LiveBody::Bytes LiveBodyReader::take() {
    if (body_->queue_.empty()) return nullptr;
    auto bytes = std::move(body_->queue_.front());
    body_->queue_.pop_front();
    body_->queued_bytes_ -= bytes->size();
    return bytes;
}

}  // namespace antiphon::http
