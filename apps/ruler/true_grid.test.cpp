// Laws of the true grid: crystals, starts and undeclared delays of the speakers are gone, what is left is skew.
#include "apps/ruler/true_grid.hpp"

#include <gtest/gtest.h>

#include "apps/ruler/sounds.test.hpp"

namespace antiphon::ruler {
namespace {

using virtual_audio::DeviceTimeline;
using virtual_audio::TrueTime;

constexpr Grid grid{TrueTime{9'000'000'000}, 4096};

// The sound of a speaker that plays `programme` from true time 0 on, `late` behind its timeline, on the grid.
std::vector<float> grid_of(const Programme& programme, const DeviceTimeline& timeline, core::Duration late) {
    const auto range = frames_for(grid, timeline, late);
    const double rate_hz = timeline.frames_per_ns() * 1e9;
    const double true_start_s = static_cast<double>((timeline.t0() + late).ns) * 1e-9;
    const auto frames = programme.samples(static_cast<double>(range.first), range.count, rate_hz, -true_start_s);
    std::vector<float> points(grid.points);
    on_true_time(grid, timeline, late, frames, points);
    return points;
}

TEST(TrueGrid, IsTheSoundAtTrueTimeWhateverTheCrystal) {
    const Programme programme(1);
    const auto expected = programme.samples(9.0 * grid_rate, grid.points, grid_rate, 0);
    for (const double ppm : {-1000.0, -60.0, 0.0, 40.0, 1000.0}) {
        for (const core::Duration late : {core::Duration{0}, core::Duration{5'000'123}}) {
            const auto points = grid_of(programme, DeviceTimeline(TrueTime{3'000'000'777}, 48000, ppm), late);
            for (std::size_t k = 0; k < points.size(); ++k) ASSERT_NEAR(points[k], expected[k], 2e-5) << ppm;
        }
    }
}

TEST(TrueGrid, ReachesBackBeforeTheFirstFrame) {
    const DeviceTimeline timeline(grid.start + std::chrono::seconds{1}, 48000, 0);
    EXPECT_LT(frames_for(grid, timeline, {}).first, -47000);
}

}  // namespace
}  // namespace antiphon::ruler
