// Frames are the device's, so a gap in them shortens neither pre-roll nor hold.
#include "media/recording/sound_gate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace antiphon::media {
namespace {

core::FrameCount frames_of(std::int64_t ms, core::SampleRate rate) { return ms * rate / 1000; }

}  // namespace

SoundGate::SoundGate(const std::optional<core::SoundTrigger>& trigger, core::SampleRate rate)
    : always_(!trigger),
      mean_square_(trigger ? std::pow(10.0, trigger->level_db / 10) : 0),
      pre_roll_(trigger ? frames_of(trigger->pre_roll_ms, rate) : 0),
      hold_(trigger ? frames_of(trigger->hold_ms, rate) : 0),
      open_(!trigger) {}

bool SoundGate::is_loud(std::span<const float> samples) const noexcept {
    const auto sum = std::accumulate(samples.begin(), samples.end(), 0.0,
                                     [](double all, float sample) { return all + double{sample} * sample; });
    return sum >= mean_square_ * static_cast<double>(samples.size());
}

void SoundGate::decide_front(const Decide& decide, bool keep) {
    auto& front = before_.front();
    front.piece.samples = front.samples;
    decide(front.piece, front.wall, keep);
    before_.pop_front();
}

void SoundGate::take(const CapturedPiece& piece, core::WallTime wall, const Decide& decide) {
    if (always_) return decide(piece, wall, true);
    const auto end = piece.first + static_cast<core::FrameCount>(piece.samples.size());
    if (end < next_) {  // the device was started anew, and counts from somewhere else
        while (!before_.empty()) decide_front(decide, false);
        open_until_ = piece.first + (open_ ? hold_ : 0);
    }
    next_ = end;
    if (is_loud(piece.samples)) {
        open_ = true;
        open_until_ = end + hold_;
    } else if (piece.first >= open_until_) {
        open_ = false;
    }
    if (!open_) return keep_for_later(piece, wall, decide);
    while (!before_.empty()) decide_front(decide, true);
    decide(piece, wall, true);
}

void SoundGate::keep_for_later(const CapturedPiece& piece, core::WallTime wall, const Decide& decide) {
    before_.push_back({piece, wall, {piece.samples.begin(), piece.samples.end()}});
    const auto needed = [&](const Kept& kept) {
        return kept.piece.first + static_cast<core::FrameCount>(kept.samples.size()) > next_ - pre_roll_;
    };
    while (!before_.empty() && !needed(before_.front())) decide_front(decide, false);
}

}  // namespace antiphon::media
