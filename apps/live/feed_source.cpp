// What finds no room waits here, at most one piece, and holds its feeder back.
#include "apps/live/feed_source.hpp"

#include <algorithm>
#include <utility>

#include "core/coordinator.hpp"

namespace antiphon::live {
namespace {

// A session ends with its source; by then the last frame has to be heard, at whatever latency.
constexpr core::Duration heard_after = core::live_latency_max;

}  // namespace

FeedSource::~FeedSource() { let_go(); }

void FeedSource::begin(Feeder feeder) {
    let_go();
    pending_.clear();
    taken_ = 0;
    flow_.forget();
    feeder_ = feeder;
    fed_ = true;
}

void FeedSource::give(Feeder feeder, std::vector<std::byte> bytes) {
    if (feeder != feeder_ || whole_) return;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    take();
}

void FeedSource::when_room(Feeder feeder, std::function<void()> go) {
    if (feeder != feeder_ || taken_ == pending_.size()) return go();
    go_ = std::move(go);
}

void FeedSource::end(Feeder feeder, bool whole) {
    if (feeder != feeder_) return;
    feeder_ = 0;
    whole_ = whole;
    let_go();
    take();
}

// A frame that is not whole stays with its reader, so that there is always room for its rest.
void FeedSource::take() {
    const auto left = std::span(pending_).subspan(taken_);
    const auto piece = left.first(std::min(left.size(), flow_.room_bytes()));
    if (!piece.empty()) flow_.write(piece);
    taken_ += piece.size();
    if (taken_ < pending_.size()) return;
    if (whole_)
        flow_.end();
    else if (feeder_ == 0)
        flow_.forget();  // not before: what waits here begins in the midst of a frame then
    let_go();
}

void FeedSource::let_go() {
    if (const auto go = std::exchange(go_, nullptr)) go();
}

void FeedSource::produce(core::FrameCount, std::span<float> frames, core::LocalTime at) {
    flow_.produce(frames, at);
    take();
}

SourceView FeedSource::view() const {
    if (flow_.phase() == media::SourcePhase::ended) return {true, "", flow_.silent_for() > heard_after};
    if (flow_.phase() == media::SourcePhase::flowing) return {true, ""};
    if (!fed_) return {false, "nobody feeds it yet"};
    if (feeder_ == 0 && !whole_) return {false, "who fed it has gone"};
    return flow_.view("who feeds it");
}

}  // namespace antiphon::live
