// Laws of restart intensity: at most N restarts in any window, whatever the rhythm of the deaths.
#include "core/restart_intensity.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace antiphon::core {
namespace {

using std::chrono::seconds;

constexpr LocalTime at(std::int64_t second) { return LocalTime{} + seconds{second}; }

TEST(RestartIntensity, AllowsThreeInAMinuteAndRefusesTheFourth) {
    RestartIntensity intensity;
    for (int second : {0, 1, 2}) EXPECT_TRUE(intensity.allow(at(second)));
    EXPECT_FALSE(intensity.allow(at(3)));
    EXPECT_FALSE(intensity.allow(at(59)));
}

TEST(RestartIntensity, ForgetsWhatIsAWindowOld) {
    RestartIntensity intensity;
    for (int second : {0, 10, 20}) EXPECT_TRUE(intensity.allow(at(second)));
    EXPECT_TRUE(intensity.allow(at(60)));
    EXPECT_FALSE(intensity.allow(at(69)));
    EXPECT_TRUE(intensity.allow(at(70)));
}

TEST(RestartIntensity, ARefusalIsNotCounted) {
    RestartIntensity intensity{{.restarts_max = 1, .window = seconds{10}}};
    EXPECT_TRUE(intensity.allow(at(0)));
    for (int second = 1; second < 10; ++second) EXPECT_FALSE(intensity.allow(at(second)));
    EXPECT_TRUE(intensity.allow(at(10)));
}

TEST(RestartIntensity, ZeroAllowsNone) {
    RestartIntensity intensity{{.restarts_max = 0}};
    EXPECT_FALSE(intensity.allow(at(0)));
}

TEST(RestartIntensity, NoWindowEverHoldsMoreThanTheLimit) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937 random{seed};
        RestartIntensity intensity;
        std::vector<std::int64_t> restarts;
        for (std::int64_t second = 0; second < 2000; second += random() % 30)
            if (intensity.allow(at(second))) restarts.push_back(second);
        for (std::size_t i = 3; i < restarts.size(); ++i)
            ASSERT_GE(restarts[i] - restarts[i - 3], 60) << "seed " << seed;
        ASSERT_GT(restarts.size(), 20U) << "seed " << seed;
    }
}

}  // namespace
}  // namespace antiphon::core
