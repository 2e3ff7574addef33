// Laws of the shared memory: readers get what was played or silence, never a torn or a foreign sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/sound_reader.hpp"
#include "adapters/virtual_audio/sound_writer.hpp"
#include "adapters/virtual_audio/speaker_scan.hpp"

namespace antiphon::virtual_audio {
namespace {

using namespace std::chrono_literals;

constexpr TrueTime t0{1'000'000'000};

// The value of a frame tells which frame it is.
float value_of(core::FrameCount frame) { return static_cast<float>(frame % 100'000 + 1); }

std::vector<float> block(core::FrameCount first, std::size_t count = 480) {
    std::vector<float> frames(count);
    for (std::size_t i = 0; i < count; ++i) frames[i] = value_of(first + static_cast<core::FrameCount>(i));
    return frames;
}

struct SoundPageTest : testing::Test {
    core::Result<SoundWriter> open_writer() { return SoundWriter::open(file, "hall/left", 48000); }

    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "hall.left.pcm";
    DeviceTimeline timeline{t0, 48000, 40};
    std::vector<float> heard = std::vector<float>(480, -1.0F);
};

TEST_F(SoundPageTest, ReadersFindTheSpeakerAsItIsAndItsFrames) {
    auto writer = *open_writer();
    writer.begin_run(timeline, {.at = {1, 2}, .late = 5ms});
    writer.publish(480, block(480));
    auto reader = *SoundReader::open(file);
    const auto run = reader.run(t0);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->label, "hall/left");
    EXPECT_EQ(run->at, (Position{1, 2}));
    EXPECT_EQ(run->late, 5ms);
    EXPECT_EQ(run->timeline.t0(), t0);
    EXPECT_EQ(run->timeline.ppm(), 40);
    ASSERT_TRUE(reader.read(*run, 480, heard));
    EXPECT_EQ(heard, block(480));
}

TEST_F(SoundPageTest, WhatWasNeverRenderedIsSilence) {
    auto writer = *open_writer();
    writer.begin_run(timeline, {});
    writer.publish(480, block(480));
    writer.publish(1440, block(1440));
    auto reader = *SoundReader::open(file);
    for (const core::FrameCount first : {-1000LL, 0LL, 960LL, 1920LL, 500'000LL}) {
        ASSERT_TRUE(reader.read(*reader.run(t0), first, heard));
        EXPECT_TRUE(std::all_of(heard.begin(), heard.end(), [](float v) { return v == 0; })) << first;
    }
    ASSERT_TRUE(reader.read(*reader.run(t0), 1400, heard));
    EXPECT_EQ(heard[39], 0);
    EXPECT_EQ(heard[40], value_of(1440));
}

TEST_F(SoundPageTest, TheRingHoldsTheLastFramesAndRefusesOlderOnes) {
    auto writer = *open_writer();
    writer.begin_run(timeline, {});
    const core::FrameCount end = 3 * page_ring_frames + 480 - 3 * page_ring_frames % 480;
    for (core::FrameCount first = 0; first < end; first += 480) writer.publish(first, block(first));
    auto reader = *SoundReader::open(file);
    const auto run = *reader.run(t0);
    const core::FrameCount oldest = end - page_ring_frames;
    ASSERT_TRUE(reader.read(run, oldest, heard));
    EXPECT_EQ(heard, block(oldest));
    EXPECT_FALSE(reader.read(run, oldest - 1, heard));
    EXPECT_EQ(heard, std::vector<float>(480, 0.0F));
    writer.publish(end + 2 * page_ring_frames, block(0));  // a gap longer than the ring
    ASSERT_TRUE(reader.read(run, end + page_ring_frames + 480, heard));
    EXPECT_EQ(heard, std::vector<float>(480, 0.0F));
}

TEST_F(SoundPageTest, ANewRunIsNotTakenForTheOldOne) {
    auto writer = *open_writer();
    writer.begin_run(timeline, {});
    writer.publish(0, block(0));
    auto reader = *SoundReader::open(file);
    const auto first = *reader.run(t0);
    writer.end_run(100);
    ASSERT_TRUE(reader.read(first, 0, heard));
    EXPECT_EQ(heard[99], value_of(99));
    EXPECT_EQ(heard[100], 0) << "the device stopped after 100 frames";
    writer.begin_run(timeline, {});
    EXPECT_FALSE(reader.read(first, 0, heard));
    EXPECT_NE(reader.run(t0)->id, first.id);
}

TEST_F(SoundPageTest, OneSpeakerOfANameAndItSaysSo) {
    auto writer = open_writer();
    const auto second = open_writer();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, core::ErrorCode::conflict);
    EXPECT_NE(second.error().what.find("hall/left"), std::string::npos);
    writer = core::Error{};  // the first one goes
    EXPECT_TRUE(open_writer());
}

TEST_F(SoundPageTest, ADeadSpeakersFileIsIgnoredAndTakenOver) {
    {
        auto writer = *open_writer();
        writer.begin_run(timeline, {});
        writer.publish(0, block(0));
    }
    EXPECT_FALSE(SoundReader::open(file)->run(t0 + 1s));
    SpeakerScan scan(folder.path());
    scan.rescan(t0 + 1s);
    EXPECT_TRUE(scan.readers().empty());
    auto next = *open_writer();
    EXPECT_FALSE(SoundReader::open(file)->run(t0 + 1s)) << "not started yet";
    next.begin_run(timeline, {});
    scan.rescan(t0 + 1s);
    EXPECT_EQ(scan.readers().size(), 1U);
}

TEST_F(SoundPageTest, ASpeakerWhoseProcessIsKilledEndsWhenItWasLastSeenAlive) {
    auto writer = open_writer();
    writer->begin_run(timeline, {});
    writer->publish(0, block(0, 9600));
    auto reader = *SoundReader::open(file);
    ASSERT_TRUE(reader.run(t0 + 10ms));
    writer = core::Error{};
    const auto run = reader.run(t0 + 20ms);
    ASSERT_TRUE(run) << "its last sound is still on its way";
    ASSERT_TRUE(reader.read(*run, 400, heard));
    const auto played = timeline.position_at(t0 + 10ms);
    EXPECT_EQ(heard[static_cast<std::size_t>(played - 401)], value_of(played - 1));
    EXPECT_EQ(heard[static_cast<std::size_t>(played - 400)], 0);
    EXPECT_FALSE(reader.run(t0 + 10s));
}

TEST_F(SoundPageTest, AForeignFileIsRefusedByName) {
    EXPECT_EQ(SoundReader::open(file).error().code, core::ErrorCode::not_found);
    std::ofstream(file) << "hello";
    const auto reader = SoundReader::open(file);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, core::ErrorCode::corrupt);
    EXPECT_NE(reader.error().what.find(file.string()), std::string::npos);
    std::ofstream(file) << std::string(page_file_bytes, 'x');
    EXPECT_EQ(SoundReader::open(file).error().code, core::ErrorCode::corrupt);
}

// A reader races a writer that laps the ring as fast as it can: what it is given as whole is whole.
TEST_F(SoundPageTest, NothingTornIsEverGivenAsWhole) {
    auto writer = *open_writer();
    writer.begin_run(timeline, {});
    std::atomic<core::FrameCount> written{0};
    std::jthread publishing([&](const std::stop_token& stopping) {
        for (core::FrameCount first = 0; !stopping.stop_requested(); first += 480) {
            writer.publish(first, block(first));
            written.store(first + 480);
        }
    });
    auto reader = *SoundReader::open(file);
    const auto run = *reader.run(t0);
    int whole = 0;
    for (int i = 0; i < 3000; ++i) {
        const core::FrameCount first = std::max<core::FrameCount>(0, written.load() - page_ring_frames + 200 * (i % 8));
        if (!reader.read(run, first, heard)) continue;
        ++whole;
        for (std::size_t k = 0; k < heard.size(); ++k)
            if (heard[k] != 0) {
                ASSERT_EQ(heard[k], value_of(first + static_cast<core::FrameCount>(k)));
            }
    }
    EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace antiphon::virtual_audio
