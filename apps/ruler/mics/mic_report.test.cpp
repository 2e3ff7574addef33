// Laws of hearing: who is late, too faint or missing is found by name, whatever the microphones' crystals do.
#include "apps/ruler/mics/mic_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "apps/ruler/mics/scene.test.hpp"
#include "core/instrumented.test.hpp"

namespace antiphon::ruler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double start_s = 0.75;
constexpr std::int64_t start_ns = first_anchor_ns + 750'000'000;

struct HearTest : testing::Test {
    core::Result<HearingReport> listen(std::optional<std::int64_t> start = start_ns) {
        std::vector<Recording> recordings;
        for (const auto& microphone : microphones) recordings.push_back(recorded(microphone, melody, start_s, playing));
        for (auto& recording : recordings) {
            recording.gaps = gaps;
            for (std::size_t i = 1; i < recording.anchors.size(); i += 2) recording.anchors[i].cluster_ns += waver_ns;
        }
        std::vector<PlacedSpeaker> speakers;
        for (const auto& one : playing) speakers.push_back(one.speaker);
        return hear(melody, recordings, speakers, start);
    }

    const std::vector<float> melody = tune(6.5);
    std::vector<Stretch> gaps;
    std::int64_t waver_ns = 0;  // by which every other anchor is wrong
    std::vector<Playing> playing{{{"foyer/left", {7.0, 1.2}}},
                                 {{"garden/left", {6.1, 5.3}}},
                                 {{"hall/left", {0.8, 1.0}}},
                                 {{"tower/left", {1.5, 5.6}}}};
    std::vector<Microphone> microphones{{"hall/mic", {2.4, 2.1}, 60}, {"tower/mic", {4.9, 3.6}, -85}};
};

TEST_F(HearTest, FindsEverySpeakerToTheMicrosecondOnForeignCrystals) {
    const auto report = listen();
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->faults, IsEmpty());
    EXPECT_NEAR(*report->common_lag_us, 0, 1);
    double worst_us = 0, worst_db = 0;
    for (const auto& mic : report->mics) {
        EXPECT_EQ(mic.windows, 3u);
        EXPECT_LT(mic.residual_db, -40) << mic.name;
        for (const auto& speaker : mic.speakers) {
            worst_us = std::max(worst_us, std::abs(speaker.lag_us));
            worst_db = std::max(worst_db, std::abs(speaker.level_db));
        }
    }
    std::printf("worst lag %.3f us, worst level %.3f dB, residuals %.1f and %.1f dB\n", worst_us, worst_db,
                report->mics[0].residual_db, report->mics[1].residual_db);
    EXPECT_LT(worst_us, 1);
    EXPECT_LT(worst_db, 0.1);
}

TEST_F(HearTest, NeedsNobodyToTellWhenItBegan) {
    const auto report = listen(std::nullopt);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->faults, IsEmpty());
    EXPECT_FALSE(report->common_lag_us);
}

TEST_F(HearTest, NamesTheSpeakerThatIsMute) {
    for (auto* const which : core::test::sample(std::vector{&playing[1], &playing[2]})) {
        auto& one = *which;
        one.gain = 0;
        const auto report = listen();
        ASSERT_TRUE(report) << report.error().what;
        EXPECT_THAT(report->faults, ElementsAre(one.speaker.name + " is MISSING from the recordings"));
        EXPECT_FALSE(report->within_limits);
        one.gain = 1;
    }
}

// Times that are a little wrong leave a rest beside each loud copy, which looks like a faint one.
TEST_F(HearTest, TakesNoShadowOfALoudSpeakerForTheMuteOne) {
    playing[1].gain = 0;
    for (const std::int64_t wrong_ns : core::test::sample(std::vector{10'000, 20'000})) {
        waver_ns = wrong_ns;
        const auto report = listen();
        ASSERT_TRUE(report) << report.error().what;
        EXPECT_THAT(report->faults, ElementsAre("garden/left is MISSING from the recordings")) << wrong_ns;
        for (const auto& mic : report->mics)
            for (const auto& speaker : mic.speakers)
                EXPECT_TRUE(speaker.missing || std::abs(speaker.level_db) < 1) << mic.name << " " << speaker.name;
    }
}

TEST_F(HearTest, NamesTheSpeakerThatIsLateOrEarlyAndHowMuch) {
    for (auto* const which : core::test::sample(std::vector{&playing[0], &playing[3]})) {
        auto& one = *which;
        one.late_s = 0.005;
        auto report = listen();
        ASSERT_TRUE(report) << report.error().what;
        EXPECT_THAT(report->faults, ElementsAre(one.speaker.name + " is 5.0 ms LATE"));
        one.late_s = 0;
    }
    playing[1].late_s = -0.0031;
    const auto report = listen(std::nullopt);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->faults, ElementsAre("garden/left is 3.1 ms EARLY"));
}

TEST_F(HearTest, TellsALateSpeakerFromAMuteOne) {
    playing[0].gain = 0;
    playing[3].late_s = 0.005;
    const auto report = listen();
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->faults, ElementsAre("foyer/left is MISSING from the recordings", "tower/left is 5.0 ms LATE"));
}

TEST_F(HearTest, LeavesOutWhatWasNotRecorded) {
    gaps = {{static_cast<core::FrameCount>(core::cluster_rate * 4), 4800}};
    const auto report = listen();
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->faults, IsEmpty());
    EXPECT_EQ(report->mics[0].windows, 2u);
    EXPECT_EQ(report->mics[0].gap_frames, 4800);
}

// A gap that is told to be 2 ms shorter than it was, say.
TEST_F(HearTest, NoticesThatWhatFollowsAGapIsNotWhereItShouldBe) {
    auto recording = recorded(microphones[0], melody, start_s, playing);
    const auto middle = recording.samples.begin() + static_cast<std::ptrdiff_t>(recording.samples.size() / 2);
    recording.samples.erase(middle, middle + 96);
    std::vector<PlacedSpeaker> speakers;
    for (const auto& one : playing) speakers.push_back(one.speaker);
    const auto report = hear(melody, std::vector<Recording>{recording}, speakers, start_ns);
    ASSERT_TRUE(report) << report.error().what;
    ASSERT_FALSE(report->faults.empty());
    EXPECT_THAT(report->faults.back(), HasSubstr("hall/mic tells the times of its sound wrong"));
}

TEST_F(HearTest, NoticesSoundThatNoSpeakerExplains) {
    const auto stranger = PlacedSpeaker{"street/noise", {4, 4}};
    auto all = playing;
    all.push_back({stranger, 3, 0.9});
    std::swap(all, playing);
    std::vector<Recording> recordings{recorded(microphones[0], melody, start_s, playing)};
    std::swap(all, playing);
    std::vector<PlacedSpeaker> speakers;
    for (const auto& one : playing) speakers.push_back(one.speaker);
    const auto report = hear(melody, recordings, speakers, start_ns);
    ASSERT_TRUE(report) << report.error().what;
    ASSERT_FALSE(report->faults.empty());
    EXPECT_THAT(report->faults.back(), HasSubstr("hall/mic holds sound that no speaker explains"));
}

TEST_F(HearTest, RefusesWhatCannotBeCompared) {
    auto late = listen(first_anchor_ns + 3'600'000'000'000);
    EXPECT_EQ(late.error().code, core::ErrorCode::invalid);
    auto recording = recorded(microphones[0], melody, start_s, playing);
    recording.anchors.resize(1);
    const std::vector<Recording> timeless{recording};
    const std::vector<PlacedSpeaker> speakers{playing[0].speaker};
    EXPECT_THAT(hear(melody, timeless, speakers, start_ns).error().what, HasSubstr("hall/mic does not tell its times"));
}

}  // namespace
}  // namespace antiphon::ruler
