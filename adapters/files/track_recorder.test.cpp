// Laws of a track that is recorded: what is captured is in its segments, what is missing is in their gaps.
#include "adapters/files/track_recorder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <semaphore>
#include <thread>

#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment_mend.hpp"
#include "media/recording/sim_disk.hpp"

namespace antiphon::files {
namespace {

using namespace std::chrono_literals;

constexpr core::FrameCount block_frames = 480;

// A disk that waits for the test where it is asked to.
struct SlowDisk : media::SimDisk {
    std::function<void()> while_saving;  // on the writer's thread

    core::Result<void> save(const media::SegmentRow& row) override {
        if (while_saving) while_saving();
        return SimDisk::save(row);
    }
};

class Recording : public testing::Test {
  protected:
    void open(core::Duration length = 1min, std::chrono::milliseconds silent_after = 1h,
              const std::optional<core::SoundTrigger>& on_sound = {}) {
        auto disk = std::make_unique<SlowDisk>();
        disk_ = disk.get();
        recorder_ = std::make_unique<TrackRecorder>(
            std::move(disk), media::SegmentOptions{.life = 1, .length = length}, [] { return core::WallTime{77}; },
            silent_after, on_sound);
        media::ClockMap map;
        map.cluster_ns = 5'000'000'000;
        map.incarnation = {7};
        recorder_->set_clock(map);
    }
    // The block that begins at device frame `first`; its samples tell their place.
    void capture(core::FrameCount first, bool silent = false) {
        std::vector<float> samples;
        for (core::FrameCount i = 0; i < block_frames; ++i)
            samples.push_back(silent ? 0 : static_cast<float>((first + i) % 30000) / 32768);
        const core::LocalTime at{(first + block_frames) * 62'500 / 3};
        recorder_->captured({{at, first + block_frames}, first, 1, samples});
    }
    TrackRecorder::Status finished() {
        recorder_->finish();
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!recorder_->status().finished && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        EXPECT_EQ(disk_->refused_row, "");
        return recorder_->status();
    }
    std::vector<float> read_back(int number) {
        media::FlacDecoder decoder;
        EXPECT_TRUE(decoder.feed(disk_->bytes(number)));
        EXPECT_TRUE(decoder.finish());
        return decoder.take();
    }

    SlowDisk* disk_ = nullptr;  // the recorder's
    std::unique_ptr<TrackRecorder> recorder_;
};

TEST_F(Recording, TellsHowLoudItIsWhileItRecords) {
    open();
    EXPECT_FALSE(recorder_->status().level);
    for (core::FrameCount first = 0; first < 100 * block_frames; first += block_frames) capture(first);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!recorder_->status().level && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    const auto level = recorder_->status().level;
    ASSERT_TRUE(level);
    EXPECT_NEAR(level->peak_db, 20 * std::log10(29'999 / 32'768.0), 0.01);
    EXPECT_LT(level->rms_db, level->peak_db);
    EXPECT_FALSE(finished().level);
}

TEST_F(Recording, OnSoundKeepsItsPreRollToTheSampleAndLosesNothing) {
    open(1min, 1h, core::SoundTrigger{-60, 200, 500});  // all of it fits into the ring
    core::FrameCount next = 960;
    for (int i = 0; i < 100; ++i, next += block_frames) capture(next, true);
    const auto sound = next;
    for (int i = 0; i < 50; ++i, next += block_frames) capture(next);
    const auto silence = next;
    for (int i = 0; i < 100; ++i, next += block_frames) capture(next, true);
    const auto status = finished();
    EXPECT_EQ(status.frames, next - 960);
    EXPECT_EQ(status.gap_frames, 0);
    const auto closed = recorder_->take_closed();
    ASSERT_FALSE(closed.empty());
    const auto& row = closed.back();
    EXPECT_EQ(row.first + 960, sound - core::cluster_rate / 5);
    EXPECT_EQ(row.end() + 960, silence + core::cluster_rate / 2);
    ASSERT_EQ(row.gaps.size(), 2U);
    EXPECT_EQ(row.gaps[0], (media::SegmentGap{0, row.first, "it was quieter than -60 dB", true}));
    EXPECT_EQ(row.gaps[1], (media::SegmentGap{row.end(), next - 960 - row.end(), "it was quieter than -60 dB", true}));
    EXPECT_EQ(static_cast<core::FrameCount>(read_back(row.number).size()), row.frames);
}

TEST_F(Recording, HoldsWhatWasCapturedToTheSample) {
    open(1s);
    for (core::FrameCount first = 960; first < 960 + 250 * block_frames; first += block_frames) capture(first);
    const auto status = finished();
    ASSERT_TRUE(status.finished);
    EXPECT_EQ(status.frames, 250 * block_frames);
    EXPECT_EQ(status.gap_frames, 0);
    const auto closed = recorder_->take_closed();
    ASSERT_EQ(closed.size(), 3U);
    EXPECT_TRUE(recorder_->take_closed().empty());
    core::FrameCount next = 960;
    for (const auto& row : closed)
        for (const float sample : read_back(row.number))
            ASSERT_FLOAT_EQ(sample, static_cast<float>(next++ % 30000) / 32768);
    EXPECT_EQ(next, 960 + 250 * block_frames);
    EXPECT_EQ(closed.front().started.ns, 77);
    ASSERT_FALSE(closed.back().anchors.empty());
    EXPECT_EQ(closed.back().anchors.front().incarnation, 7U);
}

TEST_F(Recording, WhatIsMissingIsSilentAndInTheGapTable) {
    open();
    for (core::FrameCount block = 0; block < 10; ++block) capture(block * block_frames);
    for (core::FrameCount block = 13; block < 20; ++block) capture(block * block_frames);
    const auto status = finished();
    EXPECT_EQ(status.frames, 20 * block_frames);
    EXPECT_EQ(status.gap_frames, 3 * block_frames);
    const auto closed = recorder_->take_closed();
    ASSERT_EQ(closed.size(), 1U);
    ASSERT_EQ(closed[0].gaps.size(), 1U);
    EXPECT_EQ(closed[0].gaps[0].first, 10 * block_frames);
    EXPECT_EQ(closed[0].gaps[0].count, 3 * block_frames);
    EXPECT_EQ(read_back(0)[10 * block_frames + 5], 0.0F);
}

TEST_F(Recording, WhatTheRingRefusedAtTheEndIsAGapToo) {
    open();
    std::binary_semaphore saving(0), go_on(0);
    disk_->while_saving = [&, first = true]() mutable {
        if (!std::exchange(first, false)) return;
        saving.release();
        go_on.acquire();
    };
    core::FrameCount block = 0;
    capture(block++ * block_frames);  // has the first row saved
    ASSERT_TRUE(saving.try_acquire_for(10s));
    for (; block < static_cast<core::FrameCount>(TrackRecorder::ring_blocks) + 11; ++block)
        capture(block * block_frames);
    go_on.release();
    const auto status = finished();
    EXPECT_EQ(status.frames, block * block_frames);
    EXPECT_EQ(status.gap_frames, 10 * block_frames);
}

TEST_F(Recording, ADeviceThatGivesNothingIsTold) {
    open(1min, 50ms);
    const auto told = [&](const std::string& trouble, auto meanwhile) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        bool so = false;
        for (; !so && std::chrono::steady_clock::now() < deadline; so = recorder_->status().trouble == trouble) {
            meanwhile();
            std::this_thread::yield();
        }
        return so;
    };
    EXPECT_TRUE(told("its device gives nothing", [] {}));
    // A block each time that the one before is written: a device does not outrun its recorder for ever.
    EXPECT_TRUE(told("", [this, next = core::FrameCount{0}]() mutable {
        if (recorder_->status().frames >= block_frames * next) capture(block_frames * next++);
    }));
    EXPECT_TRUE(told("its device gives nothing", [] {}));
    EXPECT_EQ(finished().trouble, "");
}

TEST_F(Recording, StereoIsRecordedByItsFirstChannel) {
    open();
    std::vector<float> samples;
    for (int i = 0; i < 3 * block_frames; ++i) samples.insert(samples.end(), {static_cast<float>(i) / 32768, 0.5F});
    recorder_->captured({{core::LocalTime{30'000'000}, 3 * block_frames}, 0, 2, samples});
    ASSERT_EQ(finished().frames, 3 * block_frames) << "a larger block is cut";
    const auto heard = read_back(0);
    for (std::size_t i = 0; i < heard.size(); ++i) ASSERT_FLOAT_EQ(heard[i], static_cast<float>(i) / 32768);
}

TEST_F(Recording, ADiskThatRefusesAtTheEndIsToldAndTriedOn) {
    open();
    for (core::FrameCount block = 0; block < 50; ++block) capture(block * block_frames);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (recorder_->status().frames < 50 * block_frames && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    disk_->refusal = core::ErrorCode::exhausted;
    disk_->refuse_for = 3;
    disk_->refuse_at = disk_->calls;
    const auto status = finished();
    EXPECT_TRUE(status.finished);
    EXPECT_EQ(status.frames, 50 * block_frames);
}

}  // namespace
}  // namespace antiphon::files
