// A speaker's sound brought onto true time, so that speakers on different crystals can be laid over each other.
#pragma once

#include <span>

#include "adapters/virtual_audio/timeline.hpp"

namespace antiphon::ruler {

inline constexpr core::SampleRate grid_rate = 48000;  // points a second of true time

// A stretch of true time: `points` points from `start` on.
struct Grid {
    virtual_audio::TrueTime start;
    std::size_t points = 0;
};

struct FrameRange {
    core::FrameCount first = 0;
    std::size_t count = 0;
};

// The frames of a speaker that on_true_time() needs for `grid`. `late`: see virtual_audio::SpeakerRun. Pure.
FrameRange frames_for(const Grid& grid, const virtual_audio::DeviceTimeline& timeline, core::Duration late);

// The sound at each point of the grid; `frames` are those of frames_for(). Errors below -90 dB up to 20 kHz. Pure.
void on_true_time(const Grid& grid, const virtual_audio::DeviceTimeline& timeline, core::Duration late,
                  std::span<const float> frames, std::span<float> points);

}  // namespace antiphon::ruler
