// Laws of exporting: one sound at two microphones is at one place in both files, and what is missing is silent and
// told.
#include "apps/export/exporter.hpp"

#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>

#include <cmath>
#include <fstream>
#include <numbers>

#include "adapters/json/json.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::exporting {
namespace {

namespace fs = std::filesystem;

constexpr double omega = 2 * std::numbers::pi * 1000;  // of a tone, per s
constexpr std::int64_t begin_ns = 50'000'000'000;

// Cluster time of a frame of a device that runs so many ppm fast.
double heard_at_s(core::FrameCount frame, double ppm) { return static_cast<double>(frame) / 48000 / (1 + ppm * 1e-6); }

class Exported : public testing::Test {
  protected:
    Exported() {
        auto pattern = (fs::temp_directory_path() / "antiphon-export-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    ~Exported() override { fs::remove_all(folder_); }

    // A segment whose device heard a tone that began when the recording did; `from_s` after that it was started.
    media::SegmentRow segment(const std::string& track, int number, std::uint64_t life, core::FrameCount first,
                              core::FrameCount frames, double ppm, double from_s = 0) {
        fs::create_directories(folder_ / track);
        std::ofstream out(folder_ / track / std::to_string(number), std::ios::binary);
        auto encoder = media::FlacEncoder::open({.channels = 1, .bits = 24}, [&](auto bytes, std::uint32_t) {
            out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
            return true;
        });
        std::vector<float> samples;
        for (auto frame = first; frame < first + frames; ++frame)
            samples.push_back(static_cast<float>(0.5 * std::sin(omega * (from_s + heard_at_s(frame, ppm)))));
        EXPECT_TRUE(encoder->write(samples));
        EXPECT_TRUE(encoder->finish());
        media::SegmentRow row{.number = number, .life = life, .first = first, .frames = frames, .closed = true};
        row.sha256 = std::string(64, '0');
        row.started = {1'700'000'000'000'000'000 + std::llround((from_s + heard_at_s(first, ppm)) * 1e9)};
        row.device = "alsa:hw:1";
        for (auto frame = first; frame <= first + frames; frame += 24'000)
            row.anchors.push_back({frame, begin_ns + std::llround((from_s + heard_at_s(frame, ppm)) * 1e9), 1000, 7});
        return row;
    }
    Track track(const std::string& name, std::vector<media::SegmentRow> rows) {
        auto folder = name;
        std::ranges::replace(folder, '/', '.');
        return {name, std::move(rows),
                [this, folder](int number) { return folder_ / folder / std::to_string(number); }};
    }
    core::Result<ExportManifest> exported(const std::vector<Track>& tracks, bool one_file = false,
                                          files::SoundFormat format = files::SoundFormat::wav) {
        fs::create_directories(folder_ / "out");
        return export_recording(tracks, {.recording = "r1",
                                         .folder = folder_ / "out",
                                         .format = format,
                                         .one_file = one_file,
                                         .progress = [this](double share) { progress_.push_back(share); }});
    }
    std::vector<float> read(const std::string& name) {
        SF_INFO info{};
        auto* file = sf_open((folder_ / "out" / name).c_str(), SFM_READ, &info);
        EXPECT_NE(file, nullptr) << name;
        std::vector<float> samples(static_cast<std::size_t>(info.frames * info.channels));
        EXPECT_EQ(sf_readf_float(file, samples.data(), info.frames), info.frames);
        sf_close(file);
        return samples;
    }
    static double tone_error(const std::vector<float>& samples, std::size_t from, std::size_t to) {
        double worst = 0;
        for (auto i = from; i < to; ++i)
            worst = std::max(worst, std::abs(samples[i] - 0.5 * std::sin(omega * static_cast<double>(i) / 48000)));
        return worst;
    }

    fs::path folder_;
    std::vector<double> progress_;
};

TEST_F(Exported, OneSoundIsAtOnePlaceInAllFiles) {
    const auto manifest = exported(
        {track("hall/mic", {segment("hall.mic", 0, 1, 0, 100'000, 0), segment("hall.mic", 1, 1, 100'000, 92'000, 0)}),
         track("attic/mic", {segment("attic.mic", 0, 1, 0, 192'000, 80)})});
    ASSERT_TRUE(manifest) << manifest.error().what;
    EXPECT_EQ(manifest->frames, 192'000);
    EXPECT_EQ(manifest->origin_ns, begin_ns);
    EXPECT_EQ(manifest->incarnation, 7U);
    for (const auto* name : {"hall.mic.wav", "attic.mic.wav"}) {
        const auto samples = read(name);
        ASSERT_EQ(samples.size(), 192'000U);
        EXPECT_LT(tone_error(samples, 100, 191'900), 0.002) << name << ": 0.6 us";
    }
    EXPECT_NEAR(manifest->tracks[1].drift_ppm, 80, 0.5);
    EXPECT_EQ(manifest->tracks[1].device, "alsa:hw:1");
    EXPECT_LT(manifest->tracks[1].clock_error_ns, 1000);
    EXPECT_DOUBLE_EQ(progress_.back(), 1);
    std::ifstream in(folder_ / "out/manifest.json");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(json::decode<ExportManifest>(text));
}

TEST_F(Exported, BetweenTwoLivesItIsSilentAndThenInTimeAgain) {
    auto first = segment("hall.mic", 0, 1, 0, 96'000, 20);
    first.note = media::segment_cut_short;
    const auto manifest = exported({track("hall/mic", {first, segment("hall.mic", 1, 2, 0, 96'000, 20, 3.5)})});
    ASSERT_TRUE(manifest) << manifest.error().what;
    const auto samples = read("hall.mic.wav");
    EXPECT_LT(tone_error(samples, 100, 95'900), 0.002);
    for (std::size_t i = 96'100; i < 167'900; ++i) ASSERT_EQ(samples[i], 0) << i;
    EXPECT_LT(tone_error(samples, 168'100, 263'800), 0.002);
    ASSERT_EQ(manifest->tracks[0].gaps.size(), 1U);
    EXPECT_NEAR(static_cast<double>(manifest->tracks[0].gaps[0].first), 95'998, 2);
    EXPECT_NEAR(static_cast<double>(manifest->tracks[0].gaps[0].count), 72'002, 2);
    EXPECT_EQ(manifest->tracks[0].gaps[0].reason, media::segment_cut_short);
}

TEST_F(Exported, OneFileHasAChannelForEachTrack) {
    const auto manifest = exported(
        {track("hall/mic", {segment("hall.mic", 0, 1, 0, 48'000, 0)}), track("attic/mic", {}),  // nothing of it is here
         track("../evil", {segment(".._evil", 0, 1, 0, 24'000, 0)})},
        true);
    ASSERT_FALSE(manifest) << "a file that is not there";
    EXPECT_NE(manifest.error().what.find("../evil"), std::string::npos) << manifest.error().what;
    const auto two =
        exported({track("hall/mic", {segment("hall.mic", 0, 1, 0, 48'000, 0)}), track("attic/mic", {})}, true);
    ASSERT_TRUE(two);
    EXPECT_EQ(two->tracks[0].file, "r1.wav");
    EXPECT_EQ(two->tracks[1].channel, 1);
    const auto samples = read("r1.wav");
    ASSERT_EQ(samples.size(), 2 * 48'000U);
    for (std::size_t i = 1; i < samples.size(); i += 2) ASSERT_EQ(samples[i], 0);
    std::ifstream picture(folder_ / "out/hall.mic.svg");
    const std::string svg{std::istreambuf_iterator<char>(picture), {}};
    EXPECT_TRUE(svg.starts_with("<svg"));
    EXPECT_NE(svg.find("r1  hall/mic"), std::string::npos);
}

// Its clock had no battery, and the coordinator was away all the time.
TEST_F(Exported, ALifeThatIsDatedYearsOffIsLeftOutAndTold) {
    auto lost = segment("hall.mic", 1, 2, 0, 96'000, 0, 5);
    lost.anchors.clear();
    lost.started = {};
    const auto manifest = exported({track("hall/mic", {segment("hall.mic", 0, 1, 0, 96'000, 0), lost}),
                                    track("attic/mic", {segment("attic.mic", 0, 1, 0, 144'000, 0)})});
    ASSERT_TRUE(manifest) << manifest.error().what;
    EXPECT_EQ(manifest->frames, 144'000);
    EXPECT_EQ(manifest->tracks[0].unplaced_frames, 96'000);
    EXPECT_NE(manifest->tracks[0].note.find("2 s of its sound have no place"), std::string::npos);
    EXPECT_FALSE(manifest->tracks[1].unplaced_frames);
    EXPECT_LT(tone_error(read("hall.mic.wav"), 100, 95'900), 1e-3);
}

TEST_F(Exported, WhatIsShorterThanItsRowSaysIsRefusedByName) {
    auto row = segment("hall.mic", 0, 1, 0, 48'000, 0);
    row.frames = 60'000;
    const auto manifest = exported({track("hall/mic", {row})});
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, core::ErrorCode::corrupt);
    EXPECT_NE(manifest.error().what.find("holds less than was recorded"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder_ / "out/hall.mic.wav"));
    EXPECT_FALSE(fs::exists(folder_ / "out/manifest.json"));
    EXPECT_EQ(exported({}).error().code, core::ErrorCode::not_found);
}

}  // namespace
}  // namespace antiphon::exporting
