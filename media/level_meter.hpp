// How loud an input is, for people who watch a recording.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "core/documents.hpp"
#include "core/units.hpp"

namespace antiphon::media {

// Takes samples as they come and tells, second by second, how loud the last whole one was. Not thread-safe; no
// allocation.
class LevelMeter {
  public:
    explicit LevelMeter(core::SampleRate rate) : rate_(rate) {}

    void add(std::span<const float> samples) noexcept {
        for (const auto sample : samples) {
            sum_ += double{sample} * sample;
            peak_ = std::max(peak_, std::abs(sample));
            if (++count_ < rate_) continue;
            level_ = core::SoundLevel{db_of(std::sqrt(sum_ / static_cast<double>(count_))), db_of(double{peak_})};
            sum_ = 0;
            peak_ = 0;
            count_ = 0;
        }
    }
    // Nothing: there was no whole second yet.
    const std::optional<core::SoundLevel>& level() const noexcept { return level_; }

  private:
    static double db_of(double amplitude) noexcept {
        return std::max(20 * std::log10(std::max(amplitude, 1e-9)), core::silent_db);
    }

    const std::uint64_t rate_;
    double sum_ = 0;
    float peak_ = 0;
    std::uint64_t count_ = 0;
    std::optional<core::SoundLevel> level_;
};

}  // namespace antiphon::media
