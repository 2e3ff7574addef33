// Laws of the speaker: it runs on its own crystal whatever the application does, and each frame it was not given in
// time is silence, counted once.
#include "adapters/virtual_audio/speaker_loop.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/room_clock.hpp"
#include "adapters/virtual_audio/sound_reader.hpp"

namespace antiphon::virtual_audio {
namespace {

using namespace std::chrono_literals;

// Plays frame numbers, so that a test can see in the sound which frame it is.
struct NumberRenderer final : ports::Renderer {
    void render(const ports::RenderBlock& block) noexcept override {
        readings.push_back(block.reading);
        firsts.push_back(block.first);
        for (std::size_t i = 0; i < block.samples.size(); ++i)
            block.samples[i] = static_cast<float>(block.first) + static_cast<float>(i / 2);
        if (meanwhile) meanwhile();
    }

    std::vector<ports::DeviceReading> readings;
    std::vector<core::FrameCount> firsts;
    std::function<void()> meanwhile;
};

struct SpeakerLoopTest : testing::Test {
    SpeakerLoop make_loop(SpeakerSetup setup, double ppm = 0) {
        timeline = DeviceTimeline(time.at, 48000, ppm);
        writer.begin_run(timeline, {});
        return SpeakerLoop(setup, timeline, time, clock, writer, tally);
    }
    void run_for(SpeakerLoop& loop, core::Duration duration) {
        for (const auto until = time.at + duration; loop.next_wake() <= until;) {
            time.at = loop.next_wake();
            loop.step(renderer);
        }
    }
    std::vector<float> published(core::FrameCount first, std::size_t count) {
        std::vector<float> frames(count);
        auto reader = *SoundReader::open(file);
        EXPECT_TRUE(reader.read(*reader.run(time.at), first, frames));
        return frames;
    }

    TemporaryFolder folder;
    Room room = *Room::open(folder.path());
    std::filesystem::path file = room.speakers() / "hall.left.pcm";
    ManualTime time;
    RoomClock clock{room, "hall", time};
    SoundWriter writer = *SoundWriter::open(file, "hall/left", 48000);
    SpeakerTally tally;
    NumberRenderer renderer;
    DeviceTimeline timeline{TrueTime{}, 48000, 0};
};

TEST_F(SpeakerLoopTest, KeepsItsBufferFullInBlocksOfAPeriod) {
    auto loop = make_loop({});
    loop.step(renderer);
    EXPECT_EQ(renderer.firsts.size(), 10U);  // 200 ms, half of which are silence at the start
    EXPECT_EQ(renderer.firsts.front(), 4800);
    run_for(loop, 1s);
    EXPECT_EQ(renderer.firsts.size(), 110U);
    for (std::size_t i = 1; i < renderer.firsts.size(); ++i)
        EXPECT_EQ(renderer.firsts[i] - renderer.firsts[i - 1], period_frames);
    EXPECT_EQ(tally.rendered_frames.load(), 110U * 480);
    EXPECT_EQ(tally.lost_frames.load(), 0U);
    EXPECT_EQ(tally.underruns.load(), 0U);
}

TEST_F(SpeakerLoopTest, WakesOnItsOwnCrystalsPeriods) {
    for (const double ppm : {-100.0, 0.0, 250.0}) {
        const auto loop = make_loop({}, ppm);
        const auto start = time.at;
        EXPECT_EQ(loop.next_wake(), timeline.time_of(480));
        time.at = start + 15ms;
        EXPECT_EQ(loop.next_wake(), timeline.time_of(960));
    }
}

TEST_F(SpeakerLoopTest, ReadsItsPositionOnTheNodesClock) {
    auto loop = make_loop({.granule = 48}, 80);
    loop.step(renderer);
    run_for(loop, 100ms);
    time.at = time.at + 5'123'456ns;  // a late wake
    renderer.readings.clear();
    time.at = loop.next_wake() + 3'333'333ns;
    loop.step(renderer);
    ASSERT_FALSE(renderer.readings.empty());
    const auto reading = renderer.readings.back();
    EXPECT_EQ(reading.at, clock.now());
    EXPECT_EQ(reading.frames, timeline.position_at(time.at) / 48 * 48);
}

TEST_F(SpeakerLoopTest, PublishesTheMeanOfItsChannels) {
    auto loop = make_loop({});
    loop.step(renderer);
    const auto frames = published(4800, 960);
    for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i], 4800 + static_cast<float>(i));
}

TEST_F(SpeakerLoopTest, AMutedSpeakerTakesTheSoundAndPublishesSilence) {
    auto loop = make_loop({.mute = true});
    loop.step(renderer);
    EXPECT_EQ(renderer.firsts.size(), 10U);
    EXPECT_EQ(published(4800, 960), std::vector<float>(960, 0.0F));
}

TEST_F(SpeakerLoopTest, AFreezeShorterThanTheBufferLosesNothing) {
    auto loop = make_loop({});
    loop.step(renderer);
    run_for(loop, 1s);
    time.at = time.at + 190ms;
    loop.step(renderer);
    EXPECT_EQ(tally.lost_frames.load(), 0U);
}

TEST_F(SpeakerLoopTest, AFreezeLongerThanTheBufferLosesExactlyTheFramesThatPassed) {
    auto loop = make_loop({});
    loop.step(renderer);
    run_for(loop, 1s);
    const core::FrameCount rendered_to = renderer.firsts.back() + period_frames;
    time.at = time.at + 500ms;
    renderer.firsts.clear();
    loop.step(renderer);
    const core::FrameCount resumed = renderer.firsts.front();
    EXPECT_EQ(resumed, timeline.position_at(time.at) + period_frames) << "a period of head start";
    EXPECT_EQ(tally.lost_frames.load(), static_cast<std::uint64_t>(resumed - rendered_to));
    EXPECT_EQ(tally.underruns.load(), 1U);
    const auto silence = published(rendered_to, static_cast<std::size_t>(resumed - rendered_to));
    EXPECT_EQ(silence, std::vector<float>(silence.size(), 0.0F));
    EXPECT_EQ(published(rendered_to - 1, 1)[0], static_cast<float>(rendered_to - 1));
    EXPECT_EQ(published(resumed, 1)[0], static_cast<float>(resumed));
    run_for(loop, 1s);
    EXPECT_EQ(tally.underruns.load(), 1U) << "and it goes on";
}

TEST_F(SpeakerLoopTest, FramesThatPassDuringRenderingAreSilenceToo) {
    auto loop = make_loop({.buffer_frames = 960});
    renderer.meanwhile = [&] { time.at = time.at + 15ms; };
    loop.step(renderer);
    // The block starts at 10 ms and is there at 15 ms: position 720, whose frame has begun to play.
    const auto frames = published(480, 480);
    EXPECT_EQ(frames[240], 0);
    EXPECT_EQ(frames[241], 721);
    EXPECT_EQ(tally.lost_frames.load(), 241U);
    EXPECT_EQ(tally.underruns.load(), 1U);
}

}  // namespace
}  // namespace antiphon::virtual_audio
