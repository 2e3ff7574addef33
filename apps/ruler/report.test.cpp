// Laws of the report: what is off is named, and what was not measured does not pass for sync.
#include "apps/ruler/report.hpp"

#include <gtest/gtest.h>

#include "apps/ruler/verdict.hpp"

namespace antiphon::ruler {
namespace {

SpeakerWindow matched(double lag_us) { return {Match::matched, lag_us, -20}; }

SpeakerTrack steady(const std::string& name, double lag_us, std::size_t windows = 100) {
    return {name, std::vector<SpeakerWindow>(windows, matched(lag_us))};
}
SpeakerTrack all(const std::string& name, Match match, std::size_t windows = 100) {
    return {name,
            std::vector<SpeakerWindow>(windows, SpeakerWindow{match, 0, match == Match::silent ? -200.0 : -20.0})};
}

bool says(const Report& report, const std::string& words) { return report.verdict.find(words) != std::string::npos; }

TEST(Report, OfSpeakersTogetherIsWithinLimits) {
    const auto report = summarise(std::vector{steady("a/x", 10), steady("b/x", -30), steady("c/x", 0)}, {});
    EXPECT_TRUE(report.within_limits);
    EXPECT_EQ(report.median_speaker, "c/x");
    EXPECT_DOUBLE_EQ(report.speakers[0].signed_median_us, 10);
    EXPECT_DOUBLE_EQ(report.speakers[1].signed_median_us, -30);
    EXPECT_DOUBLE_EQ(report.speakers[1].skew.max_us, 30);
    EXPECT_EQ(report.pairs.count, 300U);
    EXPECT_DOUBLE_EQ(report.pairs.median_us, 30);
    EXPECT_DOUBLE_EQ(report.pairs.max_us, 40);
    EXPECT_TRUE(says(report, "in sync: the median of all pairs is 30.0 us")) << report.verdict;
}

TEST(Report, OfTooFewWindowsIsNoProof) {
    std::vector tracks{steady("a/x", 0), steady("b/x", 0)};
    for (auto& track : tracks)
        for (std::size_t w = 0; w < 50; ++w) track.windows[w] = {.match = Match::unheard};
    EXPECT_TRUE(summarise(tracks, {}).within_limits);
    EXPECT_EQ(summarise(tracks, {}).unheard_windows, 50U);
    for (auto& track : tracks) track.windows[50] = {.match = Match::unheard};
    EXPECT_EQ(summarise(tracks, {}).verdict,
              "only 49 of 100 windows were heard: this machine had no time for the ruler");
}

TEST(Report, NamesTheOneThatIsLateThoughMostPairsAreClose) {
    std::vector<SpeakerTrack> tracks;
    for (const auto* name : {"a/x", "b/x", "c/x", "d/x", "e/x"}) tracks.push_back(steady(name, 0));
    tracks.push_back(steady("hall/left", 5000));
    const auto report = summarise(tracks, {});
    EXPECT_LT(report.pairs.median_us, 100);
    EXPECT_FALSE(report.within_limits);
    EXPECT_EQ(report.verdict, "hall/left is 5.0 ms late");
}

TEST(Report, OfTwoSpeakersMeasuresTheWholeDifference) {
    const auto report = summarise(std::vector{steady("a/x", 0), steady("hall/left", 5000)}, {});
    EXPECT_EQ(report.verdict, "hall/left is 5.0 ms late");
}

TEST(Report, NamesEachThatIsOffTheWorstFirst) {
    const auto report =
        summarise(std::vector{steady("a/x", -700), steady("b/x", 0), steady("c/x", 0), steady("d/x", 20000)}, {});
    EXPECT_EQ(report.verdict, "d/x is 20.0 ms late; a/x is 700.0 us early");
}

TEST(Report, TheReferenceOfAWindowMayChange) {
    std::vector<SpeakerTrack> tracks{steady("a/x", 0), steady("b/x", 40), steady("c/x", 60)};
    for (auto& track : tracks)
        for (std::size_t w = 50; w < 100; ++w) track.windows[w].lag_us -= 40;  // b/x is the reference from here on
    const auto report = summarise(tracks, {});
    EXPECT_DOUBLE_EQ(report.speakers[0].signed_median_us, -40);
    EXPECT_DOUBLE_EQ(report.speakers[0].skew.max_us, 40);
}

TEST(Report, SilenceIsNamedUnlessItIsExpected) {
    const std::vector tracks{steady("a/x", 0), all("b/x", Match::silent), steady("c/x", 10)};
    EXPECT_EQ(summarise(tracks, {}).verdict, "b/x is silent");
    EXPECT_TRUE(summarise(tracks, {.silence_is_fine = true}).within_limits);
    EXPECT_TRUE(summarise(tracks, {}).speakers[1].silent());
}

void silence(SpeakerTrack& track, std::size_t first, std::size_t count) {
    for (std::size_t w = first; w < first + count; ++w) track.windows[w] = {};
}

TEST(Report, ASpeakerThatFallsSilentForAWhileIsNamed) {
    std::vector tracks{steady("a/x", 0), steady("b/x", 0), steady("c/x", 10)};
    silence(tracks[1], 40, 45);
    EXPECT_EQ(summarise(tracks, {}).verdict, "b/x was silent in 45 of 100 windows in which others sounded");
    EXPECT_TRUE(summarise(tracks, {.silence_is_fine = true}).within_limits);
}

TEST(Report, SilencesOfEqualLengthDoNotExcuseEachOther) {
    std::vector tracks{steady("a/x", 0), steady("b/x", 0)};
    silence(tracks[0], 0, 20);
    silence(tracks[1], 80, 20);
    const auto report = summarise(tracks, {});
    EXPECT_TRUE(says(report, "a/x was silent in 20 of 80 windows")) << report.verdict;
    EXPECT_TRUE(says(report, "b/x was silent in 20 of 80 windows")) << report.verdict;
}

TEST(Report, SilenceOfAllAndTheEdgesOfASoundAreNoGaps) {
    std::vector tracks{steady("a/x", 0), steady("b/x", 0), steady("c/x", 10)};
    for (auto& track : tracks) silence(track, 50, 30);
    silence(tracks[2], 0, 3);  // of the 70 in which the others sound
    EXPECT_TRUE(summarise(tracks, {}).within_limits) << summarise(tracks, {}).verdict;
    std::vector brief{steady("a/x", 0, 5), steady("b/x", 0, 5)};
    silence(brief[1], 0, 1);
    EXPECT_TRUE(summarise(brief, {}).within_limits) << summarise(brief, {}).verdict;
}

TEST(Report, WhatCannotBeMeasuredIsNotInSync) {
    EXPECT_EQ(summarise({}, {}).verdict, "there is no speaker in the room");
    const std::vector silent{all("a/x", Match::silent), all("b/x", Match::silent)};
    EXPECT_EQ(summarise(silent, {.silence_is_fine = true}).verdict, "no speaker made a sound");
    const auto alone = summarise(std::vector{steady("a/x", 0)}, {});
    EXPECT_FALSE(alone.within_limits);
    EXPECT_TRUE(says(alone, "only one speaker"));
    EXPECT_TRUE(says(summarise(std::vector{all("a/x", Match::ambiguous), all("b/x", Match::ambiguous)}, {}),
                     "a/x plays something that repeats itself"));
    EXPECT_TRUE(says(summarise(std::vector{steady("a/x", 0), steady("c/x", 0), all("b/x", Match::unmatched)}, {}),
                     "b/x plays something else"));
}

TEST(Report, WanderingIsNotExcusedByAGoodMiddle) {
    auto wandering = steady("b/x", 0);
    for (std::size_t w = 0; w < wandering.windows.size(); ++w) wandering.windows[w].lag_us = w % 2 ? 400 : -400;
    wandering.windows[0].lag_us = 0;
    wandering.windows[2].lag_us = 0;
    const auto report = summarise(std::vector{steady("a/x", 0), wandering}, {.skew_us = 399});
    EXPECT_FALSE(report.within_limits) << report.verdict;
    EXPECT_TRUE(says(report, "b/x") || says(report, "a/x"));
}

TEST(Report, QuantilesAreOfTheNearestRank) {
    auto ramp = steady("b/x", 0);
    for (std::size_t w = 0; w < 100; ++w) ramp.windows[w].lag_us = static_cast<double>(w + 1);
    const auto report = summarise(std::vector{steady("a/x", 0), ramp}, {});
    EXPECT_DOUBLE_EQ(report.pairs.median_us, 50);
    EXPECT_DOUBLE_EQ(report.pairs.p95_us, 95);
    EXPECT_DOUBLE_EQ(report.pairs.p99_us, 99);
    EXPECT_DOUBLE_EQ(report.pairs.max_us, 100);
}

TEST(DurationWords, ChooseTheUnit) {
    EXPECT_EQ(duration_words(12.34), "12.3 us");
    EXPECT_EQ(duration_words(5000), "5.0 ms");
    EXPECT_EQ(duration_words(1'234'000), "1.23 s");
}

}  // namespace
}  // namespace antiphon::ruler
