// Laws of a recording's time: anchors hold, between them straight lines, and sound is where its time says.
#include "apps/ruler/mics/recorded_time.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace antiphon::ruler {
namespace {

const std::vector<Anchor> bent{{0, 1'000'000'000}, {48000, 2'000'010'000}, {96000, 2'999'980'000}};

TEST(RecordedTime, PassesThroughItsAnchorsAndGoesOnBeyondThem) {
    const RecordedTime time(bent);
    for (const auto& anchor : bent) {
        EXPECT_NEAR(time.frame_at(static_cast<double>(anchor.cluster_ns)), static_cast<double>(anchor.frame), 1e-6);
        EXPECT_NEAR(time.time_of(static_cast<double>(anchor.frame)), static_cast<double>(anchor.cluster_ns), 1e-3);
    }
    EXPECT_NEAR(time.frame_at(1'500'005'000), 24000, 1e-6);
    EXPECT_NEAR(time.time_of(-48000), -10'000, 1e-3);
    EXPECT_NEAR(time.time_of(144000), 3'999'950'000, 1e-3);
    for (double frame = -50000; frame < 150000; frame += 777)
        EXPECT_NEAR(time.frame_at(time.time_of(frame)), frame, 1e-6);
}

TEST(RecordedTime, NeedsTwoAnchorsThatRise) {
    EXPECT_TRUE(usable(bent));
    EXPECT_FALSE(usable({}));
    EXPECT_FALSE(usable(std::span(bent).first(1)));
    EXPECT_FALSE(usable(std::vector<Anchor>{{0, 5}, {10, 5}}));
    EXPECT_FALSE(usable(std::vector<Anchor>{{0, 5}, {0, 6}}));
}

TEST(OnClusterTime, BringsAToneOfAWrongCrystalToItsPitch) {
    constexpr double ppm = 80, tone_hz = 997;
    const double rate = core::cluster_rate * (1 + ppm / 1e6);
    std::vector<float> recording(48000);
    for (std::size_t i = 0; i < recording.size(); ++i)
        recording[i] = static_cast<float>(std::sin(2 * M_PI * tone_hz * static_cast<double>(i) / rate));
    const RecordedTime time({{0, 0}, {48000, std::llround(48000 / rate * 1e9)}});
    std::vector<float> heard(52000);
    on_cluster_time(recording, time, -20'000'000, heard);
    EXPECT_EQ(heard[500], 0);
    EXPECT_EQ(heard[51000], 0);
    for (std::size_t i = 1100; i < 48800; i += 7) {
        const double at_s = static_cast<double>(i) / core::cluster_rate - 0.02;
        ASSERT_NEAR(heard[i], std::sin(2 * M_PI * tone_hz * at_s), 1e-4) << i;
    }
}

}  // namespace
}  // namespace antiphon::ruler
