// Laws of the microphone: it hears what the speakers really played, at the time and strength that distance gives.
#include "adapters/virtual_audio/microphone_loop.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/room_clock.hpp"
#include "adapters/virtual_audio/sound_writer.hpp"

namespace antiphon::virtual_audio {
namespace {

using namespace std::chrono_literals;

constexpr double noise_rms = 1e-4;

// A sound given as a function of true time, so that what arrives can be told from what left.
double sweep(double seconds) {
    return 0.1 * std::sin(2 * std::numbers::pi * (400 + 900 * seconds) * seconds) + 0.05 * std::sin(9000 * seconds);
}

// A speaker that has played `sound` for 2 s from `t0` on.
struct Playing {
    Playing(const std::filesystem::path& file, const std::string& label, const DeviceTimeline& timeline,
            Emission emission, double volume = 1)
        : writer(*SoundWriter::open(file, label, 48000)) {
        writer.begin_run(timeline, emission);
        std::vector<float> block(480);
        for (core::FrameCount first = 0; first < 96000; first += 480) {
            for (std::size_t i = 0; i < block.size(); ++i) {
                const double frame = static_cast<double>(first) + static_cast<double>(i);
                block[i] = static_cast<float>(volume * sweep(frame / timeline.frames_per_ns() * 1e-9));
            }
            writer.publish(first, block);
        }
    }
    SoundWriter writer;
};

struct Recording final : ports::Capturer {
    void captured(const ports::CaptureBlock& block) noexcept override {
        if (frames.empty()) first = block.first;
        readings.push_back(block.reading);
        firsts.push_back(block.first);
        frames.insert(frames.end(), block.samples.begin(), block.samples.end());
    }

    core::FrameCount first = 0;
    std::vector<float> frames;
    std::vector<ports::DeviceReading> readings;
    std::vector<core::FrameCount> firsts;
};

struct MicrophoneLoopTest : testing::Test {
    std::filesystem::path file(const std::string& name) { return folder.path() / (name + ".pcm"); }
    void listen(core::Duration duration) {
        for (const auto until = time.at + duration; loop.next_wake() <= until;) {
            time.at = loop.next_wake();
            loop.step(recording);
        }
    }
    // RMS of what was heard from `from_s` to `to_s` after the start, less `expected(true time since t0)`.
    template <class Expected>
    double rms_less(double from_s, double to_s, Expected expected) {
        double power = 0;
        std::size_t count = 0;
        for (std::size_t i = 0; i < recording.frames.size(); ++i) {
            const double frame = static_cast<double>(recording.first) + static_cast<double>(i);
            const double seconds = frame / timeline.frames_per_ns() * 1e-9;
            if (seconds < from_s || seconds >= to_s) continue;
            power += std::pow(recording.frames[i] - expected(seconds), 2);
            ++count;
        }
        EXPECT_GT(count, 500U);
        return std::sqrt(power / static_cast<double>(count));
    }

    TemporaryFolder folder;
    Room room = *Room::open(folder.path() / "room");
    ManualTime time;
    RoomClock clock{room, "hall", time};
    Position place{1, 1};
    DeviceTimeline timeline{time.at, 48000, -70};
    DeviceTimeline speaker_timeline{time.at, 48000, 90};
    Air air{folder.path(), place};
    MicrophoneTally tally;
    MicrophoneLoop loop{{.noise_seed = 7}, timeline, time, clock, air, tally};
    Recording recording;
};

TEST_F(MicrophoneLoopTest, ASpeakerArrivesAtItsDistanceInTimeAndStrength) {
    const Playing playing(file("a"), "hall/a", speaker_timeline, {.at = {4, 5}});  // 5 m away
    listen(1s);
    const auto expected = [](double t) { return sweep(t - 5 / 343.0) / 5; };
    EXPECT_LT(rms_less(0.1, 0.8, expected), 1.05 * noise_rms);
    const auto ten_microseconds_off = [](double t) { return sweep(t - 5 / 343.0 - 1e-5) / 5; };
    EXPECT_GT(rms_less(0.1, 0.8, ten_microseconds_off), 3 * noise_rms) << "the test would see an error";
    EXPECT_NEAR(rms_less(0.001, 0.014, [](double) { return 0; }), noise_rms, 0.1 * noise_rms)
        << "nothing is heard before sound could have come";
}

TEST_F(MicrophoneLoopTest, NoSpeakerIsLouderThanAtHalfAMetre) {
    const Playing playing(file("a"), "hall/a", speaker_timeline, {.at = {1.1, 1}});
    listen(500ms);
    EXPECT_LT(rms_less(0.1, 0.4, [](double t) { return 2 * sweep(t - 0.1 / 343.0); }), 1.05 * noise_rms);
}

TEST_F(MicrophoneLoopTest, AnUndeclaredDelayIsHeard) {
    const Playing playing(file("a"), "hall/a", speaker_timeline, {.at = {1, 2}, .late = 5ms});
    listen(500ms);
    EXPECT_LT(rms_less(0.1, 0.4, [](double t) { return sweep(t - 1 / 343.0 - 0.005); }), 1.05 * noise_rms);
}

TEST_F(MicrophoneLoopTest, SpeakersAddUp) {
    const DeviceTimeline slow(time.at, 48000, -100);
    const Playing near(file("a"), "hall/a", speaker_timeline, {.at = {1, 3}});
    const Playing far(file("b"), "hall/b", slow, {.at = {5, 1}});
    listen(1s);
    const auto expected = [](double t) { return sweep(t - 2 / 343.0) / 2 + sweep(t - 4 / 343.0) / 4; };
    EXPECT_LT(rms_less(0.1, 0.8, expected), 1.05 * noise_rms);
}

TEST_F(MicrophoneLoopTest, SilentSpeakersLeaveTheNoiseFloor) {
    const Playing playing(file("a"), "hall/a", speaker_timeline, {.at = {1, 2}}, 0);
    listen(500ms);
    EXPECT_NEAR(rms_less(0.0, 0.4, [](double) { return 0; }), noise_rms, 0.05 * noise_rms);
}

TEST_F(MicrophoneLoopTest, HearsSpeakersThatComeAndGoWhileItRuns) {
    listen(300ms);
    {
        const Playing playing(file("a"), "hall/a", speaker_timeline, {.at = {1, 2}});
        listen(500ms);
    }
    listen(500ms);
    const auto silence = [](double) { return 0; };
    const auto sound = [](double t) { return sweep(t - 1 / 343.0); };
    EXPECT_LT(rms_less(0.01, 0.2, silence), 1.05 * noise_rms);
    EXPECT_LT(rms_less(0.35, 0.72, sound), 1.05 * noise_rms);
    EXPECT_LT(rms_less(0.85, 1.1, silence), 1.05 * noise_rms) << "a process that is gone plays no more";
}

TEST_F(MicrophoneLoopTest, BlocksComeLateButReadingsAreOfNow) {
    listen(1s);
    for (std::size_t i = 1; i < recording.firsts.size(); ++i)
        EXPECT_EQ(recording.firsts[i] - recording.firsts[i - 1], capture_period_frames);
    EXPECT_EQ(recording.readings.back().at, clock.now());
    EXPECT_EQ(recording.readings.back().frames, timeline.position_at(time.at));
    const auto behind = recording.readings.back().frames - recording.firsts.back() - capture_period_frames;
    EXPECT_NEAR(static_cast<double>(behind), 2880, 2) << "60 ms";
}

TEST_F(MicrophoneLoopTest, AFreezeLosesWhatTheBufferCannotHoldAndCountsIt) {
    listen(200ms);
    const auto delivered_to = recording.firsts.back() + capture_period_frames;
    time.at = time.at + 2s;
    recording.firsts.clear();
    loop.step(recording);
    EXPECT_EQ(recording.firsts.front(), timeline.position_at(time.at) - 24000);
    EXPECT_EQ(tally.lost_frames.load(), static_cast<std::uint64_t>(recording.firsts.front() - delivered_to));
    EXPECT_EQ(tally.overruns.load(), 1U);
}

}  // namespace
}  // namespace antiphon::virtual_audio
