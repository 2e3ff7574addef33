// Laws of the limiter: nothing is above its ceiling, what is below is not touched, and the level comes back.
#include "media/limiter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <numbers>
#include <vector>

namespace antiphon::media {
namespace {

constexpr int release = 4800;

float through(Limiter& limiter, float sample, float ceiling) {
    limiter.limit(std::span(&sample, 1), ceiling);
    return sample;
}

TEST(Limiter, LeavesWhatIsBelowItsCeilingAsItIs) {
    Limiter limiter(release);
    for (const float sample : {0.0F, 0.3F, -0.5F, 0.5F}) EXPECT_EQ(through(limiter, sample, 0.5F), sample);
    EXPECT_EQ(limiter.level(), 1.0F);
}

TEST(Limiter, NothingIsAboveItsCeilingHoweverLoudItComes) {
    Limiter limiter(release);
    for (int i = 0; i < 48'000; ++i) {
        const float loud = static_cast<float>((1 + i / 1000.0) * std::sin(2 * std::numbers::pi * 440 / 48000 * i));
        ASSERT_LE(std::abs(through(limiter, loud, 0.5F)), 0.5F) << i;
    }
}

TEST(Limiter, TheLevelComesBackByAndBy) {
    Limiter limiter(release);
    through(limiter, 2.0F, 1.0F);
    EXPECT_FLOAT_EQ(limiter.level(), 0.5F);
    for (int i = 0; i < release; ++i) through(limiter, 0.1F, 1.0F);
    EXPECT_NEAR(limiter.level(), 1 - 0.5 / std::numbers::e, 0.01);
    for (int i = 0; i < 10 * release; ++i) through(limiter, 0.1F, 1.0F);
    EXPECT_NEAR(limiter.level(), 1.0, 1e-3);
}

TEST(Limiter, AllChannelsAreTakenBackAlike) {
    Limiter limiter(release);
    std::array<float, 2> frame{2.0F, 0.5F};
    limiter.limit(frame, 1.0F);
    EXPECT_FLOAT_EQ(frame[0], 1.0F);
    EXPECT_FLOAT_EQ(frame[1], 0.25F) << "its place between the speakers stays";
}

TEST(Limiter, ACeilingThatIsLoweredHoldsAtOnce) {
    Limiter limiter(release);
    EXPECT_EQ(through(limiter, 0.8F, 1.0F), 0.8F);
    EXPECT_FLOAT_EQ(through(limiter, 0.8F, 0.2F), 0.2F);
    EXPECT_EQ(through(limiter, 0.8F, 0.0F), 0.0F);
}

TEST(Limiter, WhatIsNoNumberIsSilence) {
    Limiter limiter(release);
    for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        EXPECT_EQ(through(limiter, odd, 1.0F), 0.0F);
    EXPECT_EQ(limiter.level(), 1.0F);
}

}  // namespace
}  // namespace antiphon::media
