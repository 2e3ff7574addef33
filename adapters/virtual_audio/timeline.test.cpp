// Laws of a device's crystal: frames and true time convert into each other exactly, for days.
#include "adapters/virtual_audio/timeline.hpp"

#include <gtest/gtest.h>

namespace antiphon::virtual_audio {
namespace {

constexpr TrueTime start{1'000'000'007};

TEST(DeviceTimeline, FrameIIsPlayedAtT0PlusIOverTheRealRate) {
    const DeviceTimeline exact(start, 48000, 0);
    EXPECT_EQ(exact.position_at(start), 0);
    EXPECT_EQ(exact.position_at(start + std::chrono::seconds{1}), 48000);
    EXPECT_EQ(exact.position_at(start - std::chrono::nanoseconds{1}), -1);
    const DeviceTimeline fast(start, 48000, 100);
    EXPECT_NEAR(fast.frames_at(start + std::chrono::seconds{100}), 4'800'480.0, 1e-6);
}

TEST(DeviceTimeline, TimeOfIsTheFirstNanosecondOfAFrame) {
    for (const double ppm : {-1000.0, -73.5, 0.0, 41.0, 1000.0}) {
        const DeviceTimeline timeline(start, 48000, ppm);
        for (const core::FrameCount frame : {0LL, 1LL, 479LL, 480LL, 48'000LL, 29'030'400'001LL}) {
            const TrueTime at = timeline.time_of(frame);
            EXPECT_EQ(timeline.position_at(at), frame) << ppm;
            EXPECT_LT(timeline.position_at(TrueTime{at.ns - 1}), frame) << ppm;
        }
    }
}

TEST(DeviceTimeline, MapsOneDevicesFramesToAnothers) {
    const DeviceTimeline speaker(start, 48000, 50);
    const DeviceTimeline microphone(start + std::chrono::milliseconds{250}, 48000, -50);
    const core::Duration delay = std::chrono::milliseconds{10};
    const double mapped = speaker.frames_at(microphone, 96000, delay);
    const TrueTime at = microphone.time_of(96000) - delay;
    EXPECT_NEAR(mapped, speaker.frames_at(at), 1e-4);
}

}  // namespace
}  // namespace antiphon::virtual_audio
