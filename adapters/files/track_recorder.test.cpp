// Laws of a recorded track: what is captured is in the file, what is missing is in the gap table, and a killed process
// leaves a whole file behind.
#include "adapters/files/track_recorder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <semaphore>

#include "adapters/files/audio_file_reader.hpp"
#include "adapters/files/fixture.test.hpp"
#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

constexpr core::FrameCount block_frames = 480;
constexpr std::int64_t frame_ns_x3 = 62500;  // three frames take 62.5 us

class Recording : public testing::Test {
  protected:
    void open() {
        auto opened = TrackRecorder::open(file_, TrackManifest{}, [this](const TrackManifest& manifest) {
            manifest_ = manifest;
            if (while_saving_) while_saving_();
            return std::string("manifest\n");
        });
        ASSERT_TRUE(opened) << opened.error().what;
        recorder_ = std::move(*opened);
        media::ClockMap map;
        map.cluster_ns = 5'000'000'000;
        map.incarnation = {7};
        recorder_->set_clock(map);
    }
    // The block that begins at device frame `first`; its samples tell their place.
    void capture(core::FrameCount first) {
        std::vector<float> samples;
        for (core::FrameCount i = 0; i < block_frames; ++i)
            samples.push_back(static_cast<float>((first + i) % 30000) / 32768);
        const core::LocalTime at{(first + block_frames) * frame_ns_x3 / 3};
        recorder_->captured({{at, first + block_frames}, first, 1, samples});
    }
    TrackRecorder::Status finished() {
        recorder_->finish();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (recorder_->status().state == core::TrackState::recording && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        return recorder_->status();
    }
    std::vector<float> read_back() {
        auto reader = AudioFileReader::open(file_.audio());
        EXPECT_TRUE(reader);
        std::vector<float> left;
        std::vector<float> stereo(9600);
        while (true) {
            const auto frames = (*reader)->read(stereo);
            if (!frames || *frames == 0) return left;
            for (std::size_t i = 0; i < *frames; ++i) left.push_back(stereo[2 * i]);
        }
    }

    TempFolder folder_;
    TrackFile file_{folder_ / "recordings", "r1.mic"};
    TrackManifest manifest_;
    std::function<void()> while_saving_;  // on the writer's thread
    std::unique_ptr<TrackRecorder> recorder_;
};

TEST_F(Recording, HoldsWhatWasCapturedToTheSample) {
    open();
    for (core::FrameCount first = 960; first < 960 + 100 * block_frames; first += block_frames) capture(first);
    const auto status = finished();
    ASSERT_EQ(status.state, core::TrackState::stored) << status.reason;
    EXPECT_EQ(status.frames, 100 * block_frames);
    EXPECT_EQ(status.gap_frames, 0u);
    EXPECT_EQ(status.sha256, sha256_file(file_.audio())->value);
    const auto samples = read_back();
    ASSERT_EQ(samples.size(), static_cast<std::size_t>(100 * block_frames));
    for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_FLOAT_EQ(samples[i], static_cast<float>((960 + i) % 30000) / 32768);
}

TEST_F(Recording, TellsWhenItsFramesReachedTheDevice) {
    open();
    for (core::FrameCount first = 0; first < 200 * block_frames; first += block_frames) capture(first);
    ASSERT_EQ(finished().state, core::TrackState::stored);
    ASSERT_GE(manifest_.anchors.size(), 3u);
    EXPECT_EQ(manifest_.incarnation, 7u);
    for (const auto& anchor : manifest_.anchors)
        EXPECT_NEAR(static_cast<double>(anchor.cluster_ns), 5e9 + static_cast<double>(anchor.frame) * 1e9 / 48000,
                    2000);
}

TEST_F(Recording, WhatIsMissingIsSilentAndInTheGapTable) {
    open();
    for (core::FrameCount block = 0; block < 10; ++block) capture(block * block_frames);
    for (core::FrameCount block = 13; block < 20; ++block) capture(block * block_frames);
    const auto status = finished();
    EXPECT_EQ(status.frames, 20 * block_frames);
    EXPECT_EQ(status.gap_frames, static_cast<std::uint64_t>(3 * block_frames));
    ASSERT_EQ(manifest_.gaps.size(), 1u);
    EXPECT_EQ(manifest_.gaps[0].first, 10 * block_frames);
    EXPECT_EQ(manifest_.gaps[0].count, 3 * block_frames);
    EXPECT_EQ(read_back()[10 * block_frames + 5], 0.0F);
}

TEST_F(Recording, WhatTheRingRefusedAtTheEndIsAGapToo) {
    open();
    std::binary_semaphore saving(0), go_on(0);
    while_saving_ = [&, first = true]() mutable {
        if (!std::exchange(first, false)) return;
        saving.release();
        go_on.acquire();
    };
    core::FrameCount block = 0;
    for (; block < 200; ++block) capture(block * block_frames);  // the last of these has the manifest saved
    ASSERT_TRUE(saving.try_acquire_for(std::chrono::seconds(10)));
    const auto whole = block + static_cast<core::FrameCount>(TrackRecorder::ring_blocks);
    for (; block < whole + 10; ++block) capture(block * block_frames);
    go_on.release();
    const auto status = finished();
    ASSERT_EQ(status.state, core::TrackState::stored) << status.reason;
    EXPECT_EQ(status.frames, (whole + 10) * block_frames);
    EXPECT_EQ(status.gap_frames, static_cast<std::uint64_t>(10 * block_frames));
    ASSERT_EQ(manifest_.gaps.size(), 1u);
    EXPECT_EQ(manifest_.gaps[0].first, whole * block_frames);
    EXPECT_EQ(static_cast<core::FrameCount>(read_back().size()), status.frames);
}

TEST_F(Recording, AGrowingFileThatWasLeftBehindBecomesWhole) {
    open();
    for (core::FrameCount first = 0; first < 100 * block_frames; first += block_frames) capture(first);
    ASSERT_EQ(finished().state, core::TrackState::stored);
    // As a killed process leaves it: growing, and cut in mid-frame.
    std::filesystem::rename(file_.audio(), file_.growing());
    std::filesystem::resize_file(file_.growing(), std::filesystem::file_size(file_.growing()) * 2 / 3);
    const auto recovered = recover_track(file_, [&](TrackRecorder::Status& status) {
        EXPECT_FALSE(std::filesystem::exists(file_.audio())) << "the file has its name before its manifest";
        status.gap_frames = 7;
        return core::Result<void>();
    });
    ASSERT_TRUE(recovered) << recovered.error().what;
    EXPECT_EQ(recovered->sha256, sha256_file(file_.audio())->value);
    EXPECT_EQ(recovered->gap_frames, 7u);
    EXPECT_GT(recovered->frames, 20 * block_frames);
    EXPECT_LT(recovered->frames, 100 * block_frames);
    EXPECT_EQ(static_cast<core::FrameCount>(read_back().size()), recovered->frames);
}

TEST_F(Recording, OneThatEndsBeforeItIsToldToIsWholeAndSaysSo) {
    open();
    for (core::FrameCount first = 0; first < 20 * block_frames; first += block_frames) capture(first);
    recorder_.reset();
    EXPECT_EQ(manifest_.note, cut_short);
    EXPECT_EQ(manifest_.sha256, sha256_file(file_.audio())->value);
    EXPECT_EQ(manifest_.frames, 20 * block_frames);
    open();
    capture(0);
    ASSERT_EQ(finished().state, core::TrackState::stored);
    EXPECT_FALSE(manifest_.note);
}

TEST_F(Recording, WhatTheDiskRefusesAtRecoveryIsTriedAgainLater) {
    open();
    for (core::FrameCount first = 0; first < 20 * block_frames; first += block_frames) capture(first);
    ASSERT_EQ(finished().state, core::TrackState::stored);
    std::filesystem::rename(file_.audio(), file_.growing());
    const core::Error full{core::ErrorCode::exhausted, "the disk is full"};
    const auto refused = recover_track(file_, [&](auto&) { return core::Result<void>(full); });
    EXPECT_EQ(refused.error().code, full.code);
    EXPECT_TRUE(std::filesystem::exists(file_.growing()));
    EXPECT_TRUE(recover_track(file_, [](auto&) { return core::Result<void>(); }));
}

TEST_F(Recording, AFileWithNoSoundInItIsNotMadeOne) {
    std::filesystem::create_directories(file_.folder);
    write_file(file_.growing(), "fLaC");
    EXPECT_FALSE(recover_track(file_, [](auto&) { return core::Result<void>(); }));
    EXPECT_TRUE(std::filesystem::exists(file_.growing()));
}

// While it lives no file of this process gets longer.
class SizeLimit {
  public:
    explicit SizeLimit(std::uint64_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    }
    ~SizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_before_);
    }
    SizeLimit(const SizeLimit&) = delete;
    SizeLimit& operator=(const SizeLimit&) = delete;

  private:
    rlimit before_{};
    void (*handler_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

void expect_tells_of(const std::string& reason, const std::filesystem::path& file) {
    EXPECT_NE(reason.find("cannot write " + file.string()), std::string::npos) << reason;
    EXPECT_NE(reason.find("look at the disk"), std::string::npos) << reason;
}

TEST_F(Recording, AFileThatTakesNoMoreBytesIsNamedWithTheWayOut) {
    std::optional<core::Error> refused;
    {
        const SizeLimit nothing(0);
        auto opened = TrackRecorder::open(file_, {}, [](const TrackManifest&) { return std::string(); });
        if (!opened) refused = opened.error();
    }
    ASSERT_TRUE(refused);
    expect_tells_of(refused->what, file_.growing());

    std::filesystem::remove(file_.growing());
    open();
    capture(0);  // less than one FLAC frame: it is written at the end
    TrackRecorder::Status status;
    {
        const SizeLimit header_only(std::filesystem::file_size(file_.growing()));
        status = finished();
    }
    EXPECT_EQ(status.state, core::TrackState::failed);
    expect_tells_of(status.reason, file_.growing());
}

TEST_F(Recording, TwoRecordersOfOneTrackAreRefused) {
    open();
    auto second = TrackRecorder::open(file_, {}, [](const TrackManifest&) { return std::string(); });
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find(file_.growing().string()), std::string::npos);
}

}  // namespace
}  // namespace antiphon::files
