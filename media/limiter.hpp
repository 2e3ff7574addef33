// A ceiling for the sound of an output.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace antiphon::media {

// No sample is above the ceiling, however loud what comes: the level is taken back at once, for all channels alike, and
// comes back by and by. Not thread-safe; real-time-safe.
class Limiter {
  public:
    // `release_frames`: after so many the level has come back by all but 1/e.
    explicit Limiter(int release_frames) noexcept
        : release_(static_cast<float>(1 - std::exp(-1.0 / std::max(1, release_frames)))) {}

    // One frame, in place; `ceiling` 0..1, linear.
    void limit(std::span<float> frame, float ceiling) noexcept {
        float peak = 0;
        for (auto& sample : frame) {
            if (!(std::abs(sample) <= 1e9F)) sample = 0;  // no number, or none that anybody meant
            peak = std::max(peak, std::abs(sample));
        }
        level_ += release_ * (1 - level_);
        if (peak * level_ > ceiling) level_ = ceiling / peak;
        for (auto& sample : frame) sample = std::clamp(sample * level_, -ceiling, ceiling);
    }
    // What it lets through of the sound now, 0..1.
    float level() const noexcept { return level_; }

  private:
    const float release_;
    float level_ = 1;
};

}  // namespace antiphon::media
