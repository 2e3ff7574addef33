// Laws of playing out along a timeline: exact starts and ends, small errors steered, large ones jumped without a click.
#include "media/playout.hpp"

#include <gtest/gtest.h>

#include "media/rig.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

// 1 ns of the timeline is 5e-5 frames, and 200 Hz moves 0.013 per frame.
constexpr double exact = 2e-5;

TEST(Playout, IsSilentUntilTheStartAndThenAtTheRightPlaceToAFractionOfAFrame) {
    for (const double start : {5000.0, 5000.25, 5123.9}) {
        SCOPED_TRACE(start);
        Rig rig;
        rig.start(start);
        rig.play(4800);
        const auto first = static_cast<core::FrameCount>(std::ceil(start));
        EXPECT_EQ(rig.silent_frames(rig.frame_of_start, first), first - rig.frame_of_start);
        EXPECT_NE(rig.heard(first + 3), 0.0F);
        EXPECT_LT(rig.difference(start, first + 240, rig.next), exact);
        EXPECT_LT(rig.largest_step(), step_max);
        EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::playing);
        EXPECT_EQ(rig.playout.status().reseats, 0U);
        EXPECT_EQ(rig.playout.status().frames_missing, 0U);
    }
}

TEST(Playout, TellsThatItWaits) {
    Rig rig;
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::idle);
    rig.start(90'000);
    rig.play(960);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::waiting);
    EXPECT_EQ(rig.playout.status().frames_played, 0U);
}

TEST(Playout, JoinsLateAtTheWantedPlace) {
    Rig rig;
    rig.decode(10'000);
    rig.start(static_cast<double>(rig.next) - 4000.5);
    rig.render(960);
    EXPECT_LT(rig.difference(static_cast<double>(rig.frame_of_start) - 4000.5, rig.frame_of_start + 240, rig.next),
              exact);
    EXPECT_LT(rig.largest_step(), step_max);
}

TEST(Playout, SilenceUntilTheDeviceIsKnownAgainIsCounted) {
    Rig rig;
    rig.start(6000);
    rig.play(9600);
    EXPECT_EQ(rig.playout.status().frames_missing, 0U);
    const auto from = rig.next;
    ++rig.run;
    rig.play(9600);
    const auto silent = rig.silent_frames(from, rig.next);
    EXPECT_GT(silent, 480);
    EXPECT_NEAR(static_cast<double>(rig.playout.status().frames_missing), static_cast<double>(silent), 10);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::playing);
}

TEST(Playout, TellsHowMuchSoundWaits) {
    Rig rig;
    rig.decode(10'000);
    rig.start(static_cast<double>(rig.next) - 4000.5);
    rig.render(960);
    const auto status = rig.playout.status();
    EXPECT_GT(status.position, 4000);
    EXPECT_EQ(status.ahead, 10'000 - status.position);
}

TEST(Playout, HandsTheSoundOverEarlierByTheDelay) {
    Rig rig;
    rig.playout.set_delay(std::chrono::milliseconds(10));
    rig.start(6000);
    rig.play(4800);
    EXPECT_EQ(rig.silent_frames(rig.frame_of_start, 5520), 5520 - rig.frame_of_start);
    EXPECT_LT(rig.difference(5520, 5520 + 240, rig.next), exact);
}

TEST(Playout, PlaysEveryFrameUpToTheEndAndNothingAfterIt) {
    Rig rig;
    rig.decode(3000);
    rig.window.finish();
    rig.start(5000);
    for (int i = 0; i < 12; ++i) rig.render(480);
    EXPECT_LT(rig.difference(5000, 5240, 7976), exact);  // the last taps see the end
    EXPECT_EQ(rig.silent_frames(8000, rig.next), rig.next - 8000);
    EXPECT_NE(rig.heard(7999), 0.0F);
    const auto status = rig.playout.status();
    EXPECT_EQ(status.phase, PlayoutPhase::ended);
    EXPECT_EQ(status.frames_played, 3000U);
    EXPECT_EQ(status.frames_missing, 0U);
}

TEST(Playout, StopsAtATimeAndGoesOnAtThatPlace) {
    Rig rig;
    rig.start(5000);
    rig.play(2400);
    rig.playout.set_timeline({.playing = true,
                              .incarnation = first_life,
                              .start_ns = std::llround(Rig::time_ns(5000)),
                              .stop_ns = std::llround(Rig::time_ns(7000))});
    rig.play(2400);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::stopped);
    EXPECT_LT(rig.difference(5000, 5240, 7000), exact);
    EXPECT_EQ(rig.silent_frames(7240, rig.next), rig.next - 7240);
    rig.start(10'000, 2000);
    rig.play(4800);
    EXPECT_EQ(rig.silent_frames(7240, 10'000), 10'000 - 7240);
    EXPECT_LT(rig.difference(8000, 10'240, rig.next), exact);
    EXPECT_LT(rig.largest_step(), step_max);
    EXPECT_EQ(rig.playout.status().frames_missing, 0U);
}

TEST(Playout, StopsAtOnceWithAFade) {
    Rig rig;
    rig.start(5000);
    rig.play(2400);
    const auto stopped = rig.next;
    rig.playout.set_timeline({});
    rig.play(960);
    EXPECT_NE(rig.heard(stopped + 100), 0.0F);
    EXPECT_EQ(rig.silent_frames(stopped + 240, rig.next), rig.next - stopped - 240);
    EXPECT_LT(rig.largest_step(), step_max);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::idle);
}

TEST(Playout, FadesWhenTheDecoderIsLateCountsTheSilenceAndReturnsInPlace) {
    Rig rig;
    rig.decode(2000);
    rig.start(5000);
    while (rig.next < 9120) rig.render(480);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::starving);
    EXPECT_LT(rig.largest_step(), step_max);
    rig.decode(6000);
    rig.render(960);
    EXPECT_EQ(rig.playout.status().phase, PlayoutPhase::playing);
    EXPECT_LT(rig.difference(5000, 9120 + 240, rig.next), exact);
    EXPECT_LT(rig.largest_step(), step_max);
    const auto silent = rig.silent_frames(6700, 9120);
    EXPECT_NEAR(static_cast<double>(rig.playout.status().frames_missing), static_cast<double>(silent), 1);
    EXPECT_GT(silent, 2000);
}

TEST(Playout, JumpsOverALargeErrorBetweenTwoFades) {
    Rig rig;
    rig.decode(8000);
    rig.start(5000);
    while (rig.next < 8160) rig.render(480);
    rig.start(4000.5);  // 20.8 ms earlier
    while (rig.next < 9600) rig.render(480);
    EXPECT_LT(rig.difference(4000.5, 8160 + 480, rig.next), exact);
    EXPECT_LT(rig.largest_step(), step_max);
    EXPECT_EQ(rig.playout.status().reseats, 1U);
}

TEST(Playout, SteersASmallErrorAwayAtNoMoreThan100Ppm) {
    Rig rig;
    rig.start(5000);
    rig.play(4800);
    rig.start(5048);                 // 1 ms later
    for (int i = 0; i < 100; ++i) {  // 1 s
        rig.play(480);
        EXPECT_GE(rig.playout.status().correction_ppm, -100.01);
    }
    EXPECT_NEAR(static_cast<double>(rig.playout.status().position_error_ns), -900e3, 2e3);
    for (int i = 0; i < 1300; ++i) rig.play(480);
    EXPECT_LT(std::abs(rig.playout.status().position_error_ns), 1000);
    EXPECT_EQ(rig.playout.status().reseats, 0U);
    EXPECT_LT(rig.largest_step(), step_max);
}

TEST(Playout, FindsItsPlaceAgainAfterLostDeviceFrames) {
    Rig rig;
    rig.decode(12'000);
    rig.start(5000);
    while (rig.next < 7200) rig.render(480);
    rig.next += 1000;  // the device played silence
    rig.left.insert(rig.left.end(), 1000, 0.0F);
    for (int i = 0; i < 3; ++i) rig.render(480);
    EXPECT_LT(rig.difference(5000, rig.next - 960, rig.next), exact);
    EXPECT_EQ(rig.playout.status().reseats, 1U);
}

TEST(Playout, ChangesToAnotherStreamAfterAFade) {
    Rig rig;
    rig.start(5000);
    rig.play(2400);
    rig.window.restart(1, 48'000);
    rig.decode(6000);
    const auto change = rig.next;
    rig.start(static_cast<double>(change) + 1000, 50'000, 1);
    rig.render(4800);
    EXPECT_EQ(rig.playout.status().epoch, 1U);
    EXPECT_EQ(rig.silent_frames(change + 240, change + 1000), 760);
    EXPECT_LT(rig.difference(static_cast<double>(change) + 1000 - 50'000, change + 1240, rig.next - 1000), exact);
    EXPECT_LT(rig.largest_step(), step_max);
}

TEST(Playout, HoldsOverUntilTimelineAndClockSpeakOfTheSameNewClock) {
    for (const bool clock_first : {true, false}) {
        SCOPED_TRACE(clock_first);
        Rig rig;
        rig.start(5000);
        rig.play(2400);
        const ClockMap map{.cluster_ns = 77'000'000'000, .incarnation = {2}};
        const Timeline timeline{
            .playing = true, .incarnation = {2}, .start_ns = std::llround(Rig::time_ns(5000)) + 77'000'000'000};
        if (clock_first) rig.playout.set_clock(map);
        if (!clock_first) rig.playout.set_timeline(timeline);
        rig.play(2400);
        if (!clock_first) rig.playout.set_clock(map);
        if (clock_first) rig.playout.set_timeline(timeline);
        rig.play(2400);
        EXPECT_LT(rig.difference(5000, 5240, rig.next), exact);
        EXPECT_EQ(rig.playout.status().reseats, 0U);
    }
}

TEST(Playout, RampsItsVolumeWithoutAStepAndClampsToFullScale) {
    Rig rig;
    rig.start(5000);
    rig.play(2400);
    rig.playout.set_gain(db_to_linear(-6));
    rig.play(2400);
    EXPECT_NEAR(rig.heard(rig.next - 1), 0.5012 * signal_at(static_cast<double>(rig.next - 1 - 5000)), 1e-3);
    rig.playout.set_muted(true);
    rig.play(1440);
    EXPECT_EQ(rig.silent_frames(rig.next - 480, rig.next), 480);
    rig.playout.set_muted(false);
    rig.play(1440);
    EXPECT_LT(rig.largest_step(), step_max);
    rig.playout.set_gain(4);
    rig.play(2400);
    EXPECT_EQ(*std::max_element(rig.left.begin(), rig.left.end()), 1.0F);
    EXPECT_EQ(*std::min_element(rig.left.begin(), rig.left.end()), -1.0F);
}

TEST(Playout, ServesDevicesOfOneOrMoreChannels) {
    for (const int channels : {1, 2, 4}) {
        Rig rig;
        rig.decode(4000);
        rig.start(static_cast<double>(rig.next));
        std::vector<float> block(static_cast<std::size_t>(480 * channels), 9.0F);
        rig.playout.render({{static_cast<std::int64_t>(Rig::time_ns(static_cast<double>(rig.next - 480)))},
                            rig.next - 480,
                            rig.next,
                            channels,
                            block});
        const auto* last = block.data() + 479 * channels;
        EXPECT_NEAR(last[0], signal_at(479), 1e-3);
        if (channels > 1) {
            EXPECT_EQ(last[1], last[0]);
        }
        if (channels > 2) {
            EXPECT_EQ(last[3], 0.0F);
        }
    }
}

TEST(Timeline, IsExactAtAnyDistance) {
    Timeline timeline{.start_ns = 5, .start_frame = 100};
    EXPECT_EQ(timeline.at(5), (MediaPosition{100, 0}));
    EXPECT_EQ(timeline.at(5 + 1'000'000'000LL * 86400 * 365), (MediaPosition{100 + 48000LL * 86400 * 365, 0}));
    EXPECT_EQ(timeline.at(5 - 31'250), (MediaPosition{98, 0.5}));
}

TEST(Playout, IsNeverLouderThanItsCeiling) {
    Rig rig;
    rig.start(5000);
    rig.playout.set_gain(1.0F);
    rig.playout.set_ceiling(0.1F);
    rig.play(9600);
    float peak = 0;
    for (const auto sample : rig.left) peak = std::max(peak, std::abs(sample));
    EXPECT_LE(peak, 0.1F);
    EXPECT_GT(peak, 0.09F) << "and no softer than it has to be";
}

// From one window to another, as from a file to a live stream: the one fades out, the other is heard at its place.
TEST(Playout, GoesOverToAnotherWindowAndBackWithoutAClick) {
    PcmWindow file(2, 1 << 14, 1), live(2, 1 << 14, 2);
    Playout playout({&file, &live});
    playout.set_clock({.incarnation = first_life});
    std::vector<float> left;
    core::FrameCount next = 0;
    const auto render = [&](int blocks) {
        for (int i = 0; i < blocks; ++i) {
            std::vector<float> block(960);
            for (auto* window : {&file, &live}) {
                std::vector<float> samples;
                for (core::FrameCount f = window->next_frame(); f < window->next_frame() + 480; ++f)
                    samples.insert(samples.end(), 2,
                                   static_cast<float>(signal_at(static_cast<double>(f)) * (window == &live ? -1 : 1)));
                if (window->writable() >= 480) window->write(samples);
            }
            const auto played = next - 480;
            playout.render({{static_cast<std::int64_t>(std::ceil(Rig::time_ns(static_cast<double>(played))))},
                            played,
                            next,
                            2,
                            block});
            for (std::size_t f = 0; f < block.size(); f += 2) left.push_back(block[f]);
            next += 480;
        }
    };
    const auto start = [&](std::size_t window, std::uint64_t epoch, double frame) {
        playout.set_timeline({.playing = true,
                              .window = window,
                              .epoch = epoch,
                              .incarnation = first_life,
                              .start_ns = std::llround(Rig::time_ns(frame))});
    };
    const auto difference = [&](double at, double sign) {
        double worst = 0;
        for (auto f = next - 480; f < next; ++f)
            worst = std::max(worst, std::abs(static_cast<double>(left[static_cast<std::size_t>(f)]) -
                                             sign * signal_at(static_cast<double>(f) - at)));
        return worst;
    };
    render(8);
    start(0, 1, 4800);
    render(12);
    EXPECT_LT(difference(4800, 1), exact);
    start(1, 2, 6000);
    render(4);
    EXPECT_EQ(playout.status().epoch, 2U);
    EXPECT_LT(difference(6000, -1), exact);
    file.restart(3, 0);
    start(0, 3, 14'400);  // its decoder is ahead by then
    render(12);
    EXPECT_EQ(playout.status().epoch, 3U);
    EXPECT_LT(difference(14'400, 1), exact);
    float step = 0;
    for (std::size_t i = 1; i < left.size(); ++i) step = std::max(step, std::abs(left[i] - left[i - 1]));
    EXPECT_LT(step, step_max);
}

}  // namespace
}  // namespace antiphon::media
