// Laws of the lag: exact to a few thousandths of a sample whatever the sound, silent about what it cannot know.
#include "apps/ruler/lag.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "apps/ruler/sounds.test.hpp"

namespace antiphon::ruler {
namespace {

constexpr double rate_hz = 48000;

std::vector<float> sine(double frequency_hz, std::size_t count) {
    std::vector<float> result(count);
    for (std::size_t k = 0; k < count; ++k)
        result[k] =
            static_cast<float>(0.3 * std::sin(2 * std::numbers::pi * frequency_hz / rate_hz * static_cast<double>(k)));
    return result;
}

TEST(Lag, IsFoundToAFractionOfASample) {
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        const Programme programme(seed);
        const auto part = programme.samples(10000, 4096, rate_hz, 0);
        for (const double lag_frames : {-240.0, -0.5, -0.01, 0.0, 0.25, 1.37, 239.99}) {
            const auto whole = programme.samples(9000, 6096, rate_hz, lag_frames / rate_hz);
            const auto lag = find_lag(part, whole);
            ASSERT_TRUE(lag);
            EXPECT_NEAR(lag->frames - 1000, lag_frames, 0.002) << "seed " << seed;
            EXPECT_GT(lag->correlation, 0.99);
            EXPECT_FALSE(lag->ambiguous);
        }
    }
}

TEST(Lag, IsNotPulledByALouderStretchNearby) {
    const Programme programme(5);
    const auto part = programme.samples(10000, 2048, rate_hz, 0);
    auto whole = programme.samples(8000, 8048, rate_hz, 0);
    for (std::size_t k = 5000; k < whole.size(); ++k) whole[k] *= 20;
    const auto lag = find_lag(part, whole);
    ASSERT_TRUE(lag);
    EXPECT_NEAR(lag->frames, 2000, 0.002);
}

TEST(Lag, KnowsASoundThatIsTurnedUpsideDownOrQuieterOrOffset) {
    const Programme programme(6);
    const auto part = programme.samples(10000, 4096, rate_hz, 0);
    auto whole = programme.samples(9000, 6096, rate_hz, 3.5 / rate_hz);
    for (float& value : whole) value = -0.01F * value + 0.2F;
    const auto lag = find_lag(part, whole);
    ASSERT_TRUE(lag);
    EXPECT_NEAR(lag->frames, 1003.5, 0.002);
    EXPECT_LT(lag->correlation, -0.99);
}

TEST(Lag, IsNothingForAnotherSoundForSilenceAndAtTheEnds) {
    const auto part = Programme(7).samples(10000, 4096, rate_hz, 0);
    EXPECT_FALSE(find_lag(part, Programme(8).samples(9000, 6096, rate_hz, 0)));
    EXPECT_FALSE(find_lag(part, std::vector<float>(6096, 0.0F)));
    EXPECT_FALSE(find_lag(std::vector<float>(4096, 0.0F), part));
    EXPECT_FALSE(find_lag(part, Programme(7).samples(9995, 6096, rate_hz, 0)));
    EXPECT_FALSE(find_lag(part, part));
}

TEST(Lag, OfASoundThatRepeatsItselfIsAmbiguous) {
    const auto lag = find_lag(sine(1000, 4096), sine(1000, 8192));
    ASSERT_TRUE(lag);
    EXPECT_TRUE(lag->ambiguous);
}

}  // namespace
}  // namespace antiphon::ruler
