// Resampling onto true time.
#include "apps/ruler/true_grid.hpp"

#include <cmath>

#include "core/contract.hpp"
#include "media/resampler.hpp"

namespace antiphon::ruler {
namespace {

using media::Resampler;
using virtual_audio::DeviceTimeline;

struct Frames {
    std::span<const float> frames;
    core::FrameCount first;

    const float* window(core::FrameCount at) const { return frames.data() + (at - first); }
};

// Frame, with its fraction, that sounds at the grid's first point.
double frame_at_start(const Grid& grid, const DeviceTimeline& timeline, core::Duration late) {
    return timeline.frames_at(DeviceTimeline(grid.start, grid_rate, 0), 0, late);
}

double frames_a_point(const DeviceTimeline& timeline) { return timeline.frames_per_ns() * 1e9 / grid_rate; }

}  // namespace

FrameRange frames_for(const Grid& grid, const DeviceTimeline& timeline, core::Duration late) {
    const double start = std::floor(frame_at_start(grid, timeline, late));
    const double length = std::ceil(frames_a_point(timeline) * static_cast<double>(grid.points));
    return {static_cast<core::FrameCount>(start) - Resampler::before,
            static_cast<std::size_t>(length) + Resampler::taps};
}

void on_true_time(const Grid& grid, const DeviceTimeline& timeline, core::Duration late, std::span<const float> frames,
                  std::span<float> points) {
    const FrameRange range = frames_for(grid, timeline, late);
    ANTIPHON_ASSERT(frames.size() == range.count && points.size() == grid.points);
    static const Resampler resampler;
    auto position = media::MediaPosition::at(frame_at_start(grid, timeline, late));
    resampler.render(Frames{frames, range.first}, position, frames_a_point(timeline), 1, points);
}

}  // namespace antiphon::ruler
