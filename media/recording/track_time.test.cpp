// Laws of a track's time: it is as good at the beginning as at the end, and what no crystal does is refused.
#include "media/recording/track_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr double frame_ns = 1e9 / 48000;

struct Recorded {
    Crystal device;
    std::vector<TimeAnchor> anchors;
    double error_ns(const TrackTime& time, double frame) const {
        return std::abs(static_cast<double>(time.origin_ns()) + time.ns_at(frame) - device.true_at(frame * frame_ns));
    }
};

// An anchor each half second whose error is white, or wanders as a clock estimate's does.
Recorded record(unsigned seed, double seconds, double ppm, double white_ns, double wander_ns, double wander_ppm = 0) {
    Random random(seed);
    std::normal_distribution<> normal;
    Recorded made{{0, ppm, wander_ppm, 1200e9}, {}};
    double estimate = wander_ns * normal(random);
    for (double second = 0; second < seconds; second += 0.5) {
        const auto frame = static_cast<core::FrameCount>(second * 48000);
        estimate += 0.1 * (wander_ns * normal(random) - estimate);  // forgets in 5 s
        const double at = made.device.true_at(static_cast<double>(frame) * frame_ns);
        made.anchors.push_back({frame, std::llround(at + white_ns * normal(random) + estimate),
                                std::llround(3 * (white_ns + wander_ns) + 300)});
    }
    return made;
}

std::vector<double> errors_ns(const Recorded& made, const TrackTime& time, double from_s, double to_s) {
    std::vector<double> errors;
    for (double second = from_s; second < to_s; second += 0.1) errors.push_back(made.error_ns(time, second * 48000));
    std::sort(errors.begin(), errors.end());
    return errors;
}

TEST(TrackTime, IsBetterThanItsAnchorsFromTheFirstFrameToTheLast) {
    for (const unsigned seed : core::test::sample(std::vector{1U, 2U, 3U, 4U})) {
        const auto made = record(seed, 600, seed % 2 == 0 ? 40 : -60, 1000, 1000, 0.2);
        const auto time = TrackTime::of(made.anchors);
        ASSERT_TRUE(time);
        for (const auto& [from, to] : {std::pair(0.0, 600.0), {0.0, 20.0}, {580.0, 600.0}}) {
            const auto errors = errors_ns(made, *time, from, to);
            std::printf("seed %u, %3.0f..%3.0f s: median %.0f ns, p99 %.0f ns (anchors: 1414)\n", seed, from, to,
                        errors[errors.size() / 2], errors[errors.size() * 99 / 100]);
            EXPECT_LT(errors[errors.size() / 2], from == 0 && to == 600 ? 400 : 1414);
            EXPECT_LT(errors[errors.size() * 99 / 100], 2000);
        }
        EXPECT_NEAR(time->drift(), (seed % 2 == 0 ? 40e-6 : -60e-6), 0.3e-6);
    }
}

TEST(TrackTime, AnchorsWithALargeBoundCountLittle) {
    auto made = record(5, 120, 20, 500, 0);
    for (std::size_t i = 0; i < 10; ++i) {  // while the clock was young
        made.anchors[i].cluster_ns += 80'000;
        made.anchors[i].error_ns = 200'000;
    }
    const auto time = TrackTime::of(made.anchors);
    ASSERT_TRUE(time);
    EXPECT_LT(made.error_ns(*time, 0), 3000);
    EXPECT_GT(time->residual_max_ns(), 70'000);
    EXPECT_LT(time->sigma_ns_at(60 * 48000), 500);
}

// A busy machine: an estimate that jumps about, and believes in itself more and more.
TEST(TrackTime, BoundsThatPromiseTooMuchDoNotBendIt) {
    for (const unsigned seed : core::test::sample(std::vector{8U, 9U, 10U, 11U})) {
        auto made = record(seed, 60, 20, 15'000, 0);
        for (std::size_t i = 0; i < made.anchors.size(); ++i)
            made.anchors[i].error_ns = 12'000 - 100 * static_cast<std::int64_t>(i);
        made.anchors.back().cluster_ns -= 60'000;
        const auto time = TrackTime::of(made.anchors);
        ASSERT_TRUE(time);
        const auto errors = errors_ns(made, *time, 0, 60);
        std::printf("seed %u: median %.0f ns, p99 %.0f ns (anchors: 15000)\n", seed, errors[errors.size() / 2],
                    errors[errors.size() * 99 / 100]);
        EXPECT_LT(errors[errors.size() * 99 / 100], 8000);
        EXPECT_GT(time->sigma_ns_at(30 * 48000), 500) << "and it says so";
    }
}

TEST(TrackTime, AMinuteOfNoiseSpoilsNoHour) {
    auto made = record(12, 1800, -30, 500, 0, 0.1);
    Random random(12);
    std::normal_distribution<> normal;
    for (auto& anchor : made.anchors)
        if (anchor.frame > 900 * 48000 && anchor.frame < 960 * 48000)
            anchor.cluster_ns += std::llround(50'000 * normal(random));
    const auto time = TrackTime::of(made.anchors);
    ASSERT_TRUE(time);
    const auto quiet = errors_ns(made, *time, 0, 840);
    const auto loud = errors_ns(made, *time, 900, 960);
    EXPECT_LT(quiet[quiet.size() * 99 / 100], 1000);
    EXPECT_LT(loud[loud.size() * 99 / 100], 10'000);
}

TEST(TrackTime, PlacesAndTimesAreEachOthersInverse) {
    const auto made = record(6, 300, 100, 2000, 3000, 1);
    const auto time = TrackTime::of(made.anchors);
    ASSERT_TRUE(time);
    for (double frame = -1e6; frame < 2e7; frame += 12'345.6) {
        ASSERT_NEAR(time->frame_at(time->ns_at(frame)), frame, 1e-5);
        ASSERT_LT(time->ns_at(frame), time->ns_at(frame + 1)) << "time goes on";
    }
}

TEST(TrackTime, OneAnchorGivesTheNominalRate) {
    const auto time = TrackTime::of(std::vector<TimeAnchor>{{4800, 77'000'000'000, 1000}});
    ASSERT_TRUE(time);
    EXPECT_EQ(time->origin_ns(), 77'000'000'000);
    EXPECT_DOUBLE_EQ(time->ns_at(4800 + 48), 1e6);
    EXPECT_DOUBLE_EQ(time->frame_at(-1e6), 4800 - 48);
    EXPECT_EQ(time->drift(), 0);
}

TEST(TrackTime, WhatNoCrystalDoesIsLeftOut) {
    auto made = record(7, 60, 20, 300, 0);
    for (const std::size_t wrong : {0UL, 30UL, 31UL, 100UL}) made.anchors[wrong].cluster_ns += 86'400'000'000'000'000;
    const auto time = TrackTime::of(made.anchors);
    ASSERT_TRUE(time);
    EXPECT_EQ(time->left_out(), 4U);
    EXPECT_LT(made.error_ns(*time, 0), 2000);
    EXPECT_LT(made.error_ns(*time, 15 * 48000), 2000);
}

TEST(TrackTime, WithoutAnAnchorOrWithOneTwiceThereIsNoTime) {
    EXPECT_FALSE(TrackTime::of({}));
    const TimeAnchor first{0, 0, 1000};
    EXPECT_NE(TrackTime::of(std::vector{first, first}).error().what.find("no later frame"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::media
