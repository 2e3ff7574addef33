// Laws of sound cards that play: every frame at its place, whatever happens to the card.
#include <gmock/gmock.h>

#include "adapters/alsa/playback_loop.hpp"
#include "tests/adapters/card_world.hpp"

namespace antiphon::alsa {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

struct AlsaPlayback : CardWorld {
    // Turns for so long, at the moments that the card wants.
    void play(core::Duration length) {
        const auto end = clock.now() + length;
        for (loop.step(render); clock.now() < end; loop.step(render)) {
            const auto wake = std::min(card.next_wake(), end);
            wakes += 1;
            advance(std::max(wake - clock.now(), core::Duration{1}));
        }
    }
    void expect_programme(core::FrameCount first, std::size_t count, core::FrameCount shift = 0) {
        const auto frames = heard(first, count);
        ASSERT_EQ(frames.size(), count);
        for (std::size_t i = 0; i < count; ++i)
            ASSERT_NEAR(frames[i], programme_at(first + static_cast<core::FrameCount>(i) + shift), 1e-5)
                << "frame " << i;
    }

    Trouble trouble;
    Tally tally;
    Render render;
    int wakes = 0;
    Card card{{"out", milliseconds{40}}, Direction::playback, clock, trouble};
    PlaybackLoop loop{card, tally};
};

TEST_F(AlsaPlayback, EachFrameIsHeardOnceAndInItsPlace) {
    play(seconds(2));
    EXPECT_EQ(trouble.text(), "");
    EXPECT_EQ(tally.lost_frames, 0U);
    EXPECT_EQ(render.firsts.front(), 1920) << "behind the silence that it begins with";
    for (std::size_t i = 1; i < render.firsts.size(); ++i)
        ASSERT_EQ(render.firsts[i], render.firsts[i - 1] + 240) << "none left out, none twice";
    expect_programme(1920, 48000);
    EXPECT_GT(wakes, 150);
    EXPECT_LT(wakes, 250);
}

TEST_F(AlsaPlayback, ReadingsTellWhereTheConverterIs) {
    describe("ppm 100");
    play(seconds(5));
    const auto& readings = render.readings;
    for (const auto& reading : readings) ASSERT_EQ(reading.run, readings[0].run);
    const auto& first = readings.front();
    for (const auto& reading : readings) {
        const double gone_s = static_cast<double>((reading.at - first.at).count()) * 1e-9;
        ASSERT_NEAR(static_cast<double>(reading.frames - first.frames), gone_s * 48000 * 1.0001, 1.01);
    }
}

TEST_F(AlsaPlayback, ReadingsAreSpreadOverTheGranule) {
    describe("granule 48");
    play(seconds(5));
    std::set<std::int64_t> places;
    for (const auto& reading : render.readings) {
        ASSERT_EQ(reading.frames % 48, 0);
        places.insert((reading.at.ns - 5'000'000'000) % 1'000'000 / 50'000);
    }
    EXPECT_EQ(places.size(), 20U) << "each twentieth of a millisecond has been looked at";
}

TEST_F(AlsaPlayback, AfterAFreezeItGoesOnAtTheRightPlace) {
    play(seconds(1));
    const auto run = render.readings.back().run;
    advance(milliseconds(130));
    play(seconds(1));
    EXPECT_EQ(render.readings.back().run, run) << "the converter has not stopped";
    EXPECT_EQ(tally.breaks, 1U);
    EXPECT_NEAR(static_cast<double>(tally.lost_frames), 130 * 48 - 1920, 800);
    expect_programme(60'000, 30'000);
}

TEST_F(AlsaPlayback, ACardThatIsPulledOutAndPutInAgainPlaysOnInTime) {
    play(seconds(1));
    const auto run = render.readings.back().run;
    control.away = 1;
    play(milliseconds(2500));
    EXPECT_THAT(trouble.text(), HasSubstr("alsa:out: No such device"));
    EXPECT_THAT(trouble.text(), HasSubstr("tried again each second"));
    control.away = 0;
    const auto before = render.readings.size();
    play(seconds(2));
    EXPECT_EQ(trouble.text(), "");
    ASSERT_GT(render.readings.size(), before);
    EXPECT_EQ(render.readings.back().run, run + 1);
    // It has been counted through the absence: as many frames as there was time for.
    const auto& last = render.readings.back();
    EXPECT_NEAR(static_cast<double>(last.frames), static_cast<double>(last.at.ns - 5'000'000'000) * 48e-6, 10);
    EXPECT_GT(tally.lost_frames, 48'000U * 2);
    const auto shift = render.firsts[before] - 1920;
    expect_programme(4000, 20'000, shift);
}

TEST_F(AlsaPlayback, AMachineThatSleptPlaysOn) {
    play(seconds(1));
    const auto run = render.readings.back().run;
    control.asleep = 1;
    play(seconds(1));
    EXPECT_FALSE(card.running());
    control.asleep = 0;
    play(seconds(1));
    EXPECT_EQ(render.readings.back().run, run + 1);
    EXPECT_EQ(trouble.text(), "");
}

TEST_F(AlsaPlayback, ACardThatCannotBeStartedIsTriedSeldom) {
    control.broken = EIO;
    play(seconds(10));
    EXPECT_LT(wakes, 30);
    EXPECT_THAT(trouble.text(), HasSubstr("Input/output error"));
    control.broken = 0;
    play(seconds(2));
    EXPECT_EQ(trouble.text(), "");
    EXPECT_EQ(tally.breaks, 0U) << "it had not begun";
}

TEST_F(AlsaPlayback, ACardInUseSaysSoAndIsTakenWhenItIsFree) {
    Trouble others;
    std::optional<Card> other;
    other.emplace(AlsaDevice{"out", milliseconds{40}}, Direction::playback, clock, others);
    ASSERT_TRUE(other->open());
    play(seconds(1));
    EXPECT_THAT(trouble.text(), HasSubstr("busy"));
    other.reset();
    play(milliseconds(1500));
    EXPECT_EQ(trouble.text(), "");
    EXPECT_TRUE(card.running());
}

TEST_F(AlsaPlayback, SaysWhatACardCannotDo) {
    describe("rate 44100");
    play(milliseconds(100));
    EXPECT_THAT(trouble.text(), HasSubstr("does not run at 48000 Hz"));
    Trouble none;
    Card missing({"nowhere", milliseconds{40}}, Direction::playback, clock, none);
    EXPECT_FALSE(missing.open());
    EXPECT_THAT(none.text(), HasSubstr("alsa:nowhere: "));
}

TEST_F(AlsaPlayback, PlaysThroughAPluginThatConverts) {
    Card soft({"soft", milliseconds{40}}, Direction::playback, clock, trouble);
    PlaybackLoop through(soft, tally);
    for (int i = 0; i < 200; ++i) {
        through.step(render);
        advance(milliseconds(5));
    }
    EXPECT_EQ(trouble.text(), "");
    EXPECT_EQ(tally.lost_frames, 0U);
    expect_programme(4000, 20'000);
}

}  // namespace
}  // namespace antiphon::alsa
