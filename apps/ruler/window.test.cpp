// Laws of a window: each speaker's lag to better than 0.05 us, near or far, and nobody's silence spoils the others.
#include "apps/ruler/window.hpp"

#include <gtest/gtest.h>

#include "apps/ruler/sounds.test.hpp"

namespace antiphon::ruler {
namespace {

struct WindowTest : testing::Test {
    // The wide points; the narrow ones are their middle.
    std::vector<float> sound(double late_us, std::uint32_t seed = 1) {
        return Programme(seed).samples(100000, wide_points, 48000, late_us * 1e-6);
    }
    std::vector<SpeakerWindow> compare_all(const std::vector<std::vector<float>>& sounds) {
        std::vector<std::span<const float>> narrow;
        for (const auto& sound : sounds)
            narrow.push_back(std::span(sound).subspan(wide_search_frames - narrow_search_frames, narrow_points));
        return compare(narrow, [&](std::size_t speaker) {
            wide_asked_for.push_back(speaker);
            return sounds[speaker];
        });
    }
    std::vector<float> silence = std::vector<float>(wide_points, 0.0F);
    std::vector<std::size_t> wide_asked_for;
};

TEST_F(WindowTest, FindsKnownLagsToBetterThanATwentiethOfAMicrosecond) {
    const std::vector<double> late_us{100, 0, 3.7, -12.25, 5000, 105.5, 79999.9, 400000.3};
    std::vector<std::vector<float>> sounds;
    for (const double late : late_us) sounds.push_back(sound(late));
    const auto windows = compare_all(sounds);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        ASSERT_EQ(windows[i].match, Match::matched) << late_us[i];
        EXPECT_NEAR(windows[i].lag_us - windows[0].lag_us, late_us[i] - late_us[0], 0.05);
    }
    EXPECT_EQ(wide_asked_for, (std::vector<std::size_t>{6, 7})) << "only where it is needed";
}

TEST_F(WindowTest, PassesOverTheSilent) {
    const auto windows = compare_all({silence, sound(0), silence, sound(50)});
    EXPECT_EQ(windows[0].match, Match::silent);
    EXPECT_LT(windows[0].level_dbfs, -100);
    EXPECT_EQ(windows[2].match, Match::silent);
    EXPECT_NEAR(windows[3].lag_us - windows[1].lag_us, 50, 0.05);
    EXPECT_GT(windows[1].level_dbfs, -40);
}

TEST_F(WindowTest, ASpeakerThatPlaysSomethingElseDoesNotSpoilTheOthers) {
    const auto windows = compare_all({sound(0, 2), sound(0), sound(50)});
    EXPECT_EQ(windows[0].match, Match::unmatched);
    ASSERT_EQ(windows[1].match, Match::matched);
    ASSERT_EQ(windows[2].match, Match::matched);
    EXPECT_NEAR(windows[2].lag_us - windows[1].lag_us, 50, 0.05);
}

TEST_F(WindowTest, ATonesLagIsAmbiguous) {
    std::vector<float> tone(wide_points);
    for (std::size_t k = 0; k < tone.size(); ++k)
        tone[k] = 0.1F * static_cast<float>(std::sin(0.06 * static_cast<double>(k)));
    const auto windows = compare_all({tone, tone});
    EXPECT_EQ(windows[0].match, Match::ambiguous);
    EXPECT_EQ(windows[1].match, Match::ambiguous);
}

TEST_F(WindowTest, OfNoneOrOneSpeakerIsNoTrouble) {
    EXPECT_TRUE(compare_all({}).empty());
    EXPECT_EQ(compare_all({silence})[0].match, Match::silent);
    EXPECT_EQ(compare_all({sound(0)})[0].match, Match::matched);
}

}  // namespace
}  // namespace antiphon::ruler
