// A track at a glance: its extremes and its power over time.
#pragma once

#include <span>
#include <vector>

#include "core/units.hpp"

namespace antiphon::media {

// Levels of one stretch of sound.
struct WaveformColumn {
    float low = 0, high = 0;     // the extremes
    double squares = 0;          // their sum
    core::FrameCount sound = 0;  // frames that are there; the rest are missing
};

// For sound of any length: when its columns are too many, each two become one, so memory is bounded. Not thread-safe;
// allocates at construction only.
class Waveform {
  public:
    static constexpr std::size_t columns_max = 2048;

    Waveform();
    // Mono, -1..1.
    void add(std::span<const float> samples) noexcept;
    // So many frames that are missing.
    void add_gap(core::FrameCount frames) noexcept;

    // Each of as many frames; the last may be shorter.
    std::span<const WaveformColumn> columns() const noexcept { return columns_; }
    core::FrameCount frames_per_column() const noexcept { return frames_per_column_; }
    core::FrameCount frames() const noexcept { return frames_; }

  private:
    // Of the next frame, and how many frames it has room for.
    WaveformColumn& column() noexcept;
    core::FrameCount room() const noexcept { return frames_per_column_ - frames_ % frames_per_column_; }
    void halve() noexcept;

    std::vector<WaveformColumn> columns_;
    core::FrameCount frames_per_column_ = 64;
    core::FrameCount frames_ = 0;
};

}  // namespace antiphon::media
