// Laws of a device's position: late readings and coarse granules do not bias it.
#include "media/device_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

// A DAC that starts at true time 0 and whose frames are readable in granules.
struct Device {
    Crystal crystal;  // of 1e9 ticks per second
    std::int64_t granule_frames = 1;

    std::int64_t played(double true_ns) const {
        const double frames = std::floor(crystal.shows(true_ns) * 48e-6);
        return static_cast<std::int64_t>(frames / static_cast<double>(granule_frames)) * granule_frames;
    }
    double true_at(double frame) const { return crystal.true_at(frame / 48e-6); }
};

struct Errors {
    double worst_us_01 = 0, worst_us_1 = 0, worst_us_3 = 0, worst_us_10 = 0;  // from that many seconds on
    double worst_ppm = 0;
};

double error_us(const DeviceClock& clock, const Device& device, const Crystal& local, double true_ns) {
    const auto frame = static_cast<double>(device.played(true_ns) + 480);
    return std::abs(static_cast<double>(clock.to_local(frame).ns) - local.shows(device.true_at(frame))) / 1e3;
}

Errors run(std::int64_t granule_frames, double freeze_share, double period_ns = 10e6) {
    Errors errors;
    for (unsigned seed = 0; seed < 20; ++seed) {
        Random random(seed);
        const Device device{{0, uniform(random, -100, 100)}, granule_frames};
        const Crystal local{uniform(random, 0, 1e15), uniform(random, -100, 100)};
        DeviceClock clock(48000);
        for (double t = 50e6; t < 20e9; t += period_ns * uniform(random, 0.9, 1.1)) {
            double stamp_ns = t + 300 + std::exponential_distribution<>(1 / 500.0)(random);
            if (uniform(random, 0, 1) < freeze_share) stamp_ns += uniform(random, 0, 130e6);
            clock.add({local.stamp(stamp_ns)}, device.played(t));
            if (!clock.usable()) continue;
            const double error = error_us(clock, device, local, t);
            if (t > 0.15e9) errors.worst_us_01 = std::max(errors.worst_us_01, error);
            if (t > 1e9) errors.worst_us_1 = std::max(errors.worst_us_1, error);
            if (t > 3e9) errors.worst_us_3 = std::max(errors.worst_us_3, error);
            if (t <= 10e9) continue;
            errors.worst_us_10 = std::max(errors.worst_us_10, error);
            const double ppm = ((1 + device.crystal.ppm * 1e-6) / (1 + local.ppm * 1e-6) - 1) * 1e6;
            errors.worst_ppm = std::max(errors.worst_ppm, std::abs(clock.ppm() - ppm));
        }
        EXPECT_EQ(clock.restarts(), 0U) << "seed " << seed;
    }
    std::printf("granule %2d, frozen %.2f: worst error us from 0.1 s %.2f, 1 s %.2f, 3 s %.2f, 10 s %.2f; ppm %.3f\n",
                static_cast<int>(granule_frames), freeze_share, errors.worst_us_01, errors.worst_us_1,
                errors.worst_us_3, errors.worst_us_10, errors.worst_ppm);
    return errors;
}

TEST(DeviceClock, KnowsTheFrameWithinMicrosecondsFromReadingsOfWholeFrames) {
    const auto errors = run(1, 0);
    EXPECT_LT(errors.worst_us_01, 25);
    EXPECT_LT(errors.worst_us_1, 10);
    EXPECT_LT(errors.worst_us_3, 3);
    EXPECT_LT(errors.worst_us_10, 1.5);
    EXPECT_LT(errors.worst_ppm, 0.3);
}

TEST(DeviceClock, IsNotMovedByAMachineThatFreezes) {
    const auto errors = run(1, 0.05);
    EXPECT_LT(errors.worst_us_1, 10);
    EXPECT_LT(errors.worst_us_3, 3);
    EXPECT_LT(errors.worst_us_10, 1.5);
}

TEST(DeviceClock, AveragesNothingOverAGranuleOf48Frames) {
    const auto errors = run(48, 0);
    EXPECT_LT(errors.worst_us_3, 100);
    EXPECT_LT(errors.worst_us_10, 60);
}

TEST(DeviceClock, ADeviceOfCoarseReadingsIsNotBelievedTooSoon) {
    double worst_us = 0, latest_s = 0;
    for (unsigned seed = 0; seed < 50; ++seed) {
        Random random(seed);
        const Device device{{0, uniform(random, -100, 100)}, 48};
        const Crystal local{uniform(random, 0, 1e15), uniform(random, -100, 100)};
        DeviceClock clock(48000);
        double t = 50e6;
        const double begun = t + uniform(random, 0, 1e6);
        for (int i = 0; !clock.usable(); ++i) {
            t = begun + 10e6 * i + std::fmod(0.6180339887 * i, 1.0) * 1e6;  // dithered, as our sound cards' looks are
            clock.add({local.stamp(t + 500)}, device.played(t));
        }
        worst_us = std::max(worst_us, error_us(clock, device, local, t));
        latest_s = std::max(latest_s, t * 1e-9 - 0.05);
    }
    std::printf("granule 48: worst error at the start %.1f us, usable after %.2f s at the latest\n", worst_us,
                latest_s);
    EXPECT_LT(worst_us, 60);
    EXPECT_LT(latest_s, 0.65);
}

TEST(DeviceClock, NeedsAFewReadingsAndThenKeepsNearTheNominalRate) {
    DeviceClock clock(48000);
    for (int i = 0; i < 8; ++i) {
        EXPECT_FALSE(clock.usable());
        clock.add({1'000'000 + i * 10'000'000 + (i % 2) * 40'000}, i * 480);
    }
    ASSERT_TRUE(clock.usable());
    EXPECT_LT(std::abs(clock.ppm()), 10);
    EXPECT_NEAR(static_cast<double>(clock.to_local(480).ns), 11'000'000, 1000);
    EXPECT_NEAR(clock.to_frame(clock.to_local(4800)), 4800, 1e-3);
}

TEST(DeviceClock, KnowsNothingOfANewRun) {
    DeviceClock clock(48000);
    for (int i = 0; i < 20; ++i) clock.add({i * 10'000'000}, i * 480, 1);
    ASSERT_TRUE(clock.usable());
    clock.add({210'000'000}, 20 * 480 + 24, 2);  // half a millisecond off: too little to be noticed by itself
    EXPECT_FALSE(clock.usable());
    EXPECT_EQ(clock.restarts(), 0U);
}

TEST(DeviceClock, StartsAfreshWhenThePositionIsLost) {
    for (const std::int64_t jump : {-48'000, 48'000, -4'800'000}) {
        SCOPED_TRACE(jump);
        DeviceClock clock(48000);
        for (std::int64_t i = 0; i < 300; ++i) clock.add({i * 10'000'000 + 1000}, i * 480);
        for (std::int64_t i = 300; i < 500; ++i) clock.add({i * 10'000'000 + 1000}, i * 480 + jump);
        EXPECT_EQ(clock.restarts(), 1U);
        EXPECT_NEAR(static_cast<double>(clock.to_local(static_cast<double>(480 * 480 + jump)).ns), 480 * 10e6, 2000);
    }
}

TEST(DeviceClock, AFreezeOfReadingsForSecondsRestartsNothing) {
    DeviceClock clock(48000);
    for (std::int64_t i = 0; i < 300; ++i) clock.add({i * 10'000'000 + 1000}, i * 480);
    clock.add({5'590'000'000}, 550 * 480);  // late by 90 ms, 2.5 s later
    for (std::int64_t i = 551; i < 600; ++i) clock.add({i * 10'000'000 + 1000}, i * 480);
    EXPECT_EQ(clock.restarts(), 0U);
    EXPECT_NEAR(static_cast<double>(clock.to_local(600 * 480).ns), 600 * 10e6, 2000);
}

}  // namespace
}  // namespace antiphon::media
