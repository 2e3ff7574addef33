// Laws of sound cards that capture: every frame once, at its time, and a gap where one is lost.
#include <gmock/gmock.h>

#include "adapters/alsa/capture_loop.hpp"
#include "adapters/virtual_audio/sound_writer.hpp"
#include "tests/adapters/card_world.hpp"

namespace antiphon::alsa {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

struct AlsaCapture : CardWorld {
    void listen(core::Duration length) {
        const auto end = clock.now() + length;
        for (loop.step(capture); clock.now() < end; loop.step(capture))
            advance(std::max(std::min(card.next_wake(), end) - clock.now(), core::Duration{1}));
    }

    Trouble trouble;
    Tally tally;
    Capture capture;
    Card card{{"in", milliseconds{40}}, Direction::capture, clock, trouble};
    CaptureLoop loop{card, tally};
};

TEST_F(AlsaCapture, EachFrameComesOnceAndIsDated) {
    describe("ppm -80");
    listen(seconds(3));
    EXPECT_EQ(trouble.text(), "");
    EXPECT_EQ(tally.lost_frames, 0U);
    EXPECT_EQ(capture.firsts.front(), 0);
    for (std::size_t i = 1; i < capture.firsts.size(); ++i) ASSERT_EQ(capture.firsts[i], capture.firsts[i - 1] + 240);
    const auto& first = capture.readings.front();
    for (const auto& reading : capture.readings) {
        const double gone_s = static_cast<double>((reading.at - first.at).count()) * 1e-9;
        ASSERT_NEAR(static_cast<double>(reading.frames - first.frames), gone_s * 48000 * 0.99992, 1.01);
    }
}

TEST_F(AlsaCapture, HearsWhatIsPlayedInItsRoom) {
    auto there = virtual_audio::Room::open(room);
    ASSERT_TRUE(there);
    auto speaker = virtual_audio::SoundWriter::open(there->speakers() / "hall.left.pcm", "hall/left", 48000);
    ASSERT_TRUE(speaker);
    const virtual_audio::DeviceTimeline timeline(true_now(), 48000, 0);
    speaker->begin_run(timeline, {{1, 1}, {}});
    std::vector<float> tone(48000);
    for (std::size_t i = 0; i < tone.size(); ++i) tone[i] = programme_at(static_cast<core::FrameCount>(i)) - 0.25F;
    speaker->publish(0, tone);
    listen(milliseconds(800));
    ASSERT_GT(capture.samples.size(), 30'000U);
    float loudest = 0;
    for (const float sample : capture.samples) loudest = std::max(loudest, std::abs(sample));
    EXPECT_GT(loudest, 0.02F) << "weaker with its distance, and there";
}

TEST_F(AlsaCapture, AFreezeIsAGapOfItsLength) {
    listen(seconds(1));
    advance(milliseconds(130));
    listen(seconds(1));
    EXPECT_EQ(tally.breaks, 1U);
    EXPECT_NEAR(static_cast<double>(tally.lost_frames), 130 * 48 - 1920, 800);
    const auto& last = capture.readings.back();
    EXPECT_NEAR(static_cast<double>(last.frames), static_cast<double>(last.at.ns - 5'000'000'000) * 48e-6, 2);
    EXPECT_EQ(static_cast<std::uint64_t>(capture.firsts.back() + 240), tally.lost_frames + tally.moved_frames);
}

TEST_F(AlsaCapture, AMicrophoneThatIsPulledOutAndPutInAgainLeavesAGap) {
    listen(seconds(1));
    control.away = 1;
    listen(seconds(3));
    EXPECT_THAT(trouble.text(), HasSubstr("alsa:in: No such device"));
    control.away = 0;
    listen(seconds(2));
    EXPECT_EQ(trouble.text(), "");
    EXPECT_EQ(capture.readings.back().run, capture.readings.front().run + 1);
    const auto& last = capture.readings.back();
    EXPECT_NEAR(static_cast<double>(last.frames), static_cast<double>(last.at.ns - 5'000'000'000) * 48e-6, 10);
    EXPECT_EQ(static_cast<std::uint64_t>(capture.firsts.back() + 240), tally.lost_frames + tally.moved_frames);
}

}  // namespace
}  // namespace antiphon::alsa
