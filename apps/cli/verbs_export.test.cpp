// Laws of exporting: what is brought home is what was recorded, whole and checked, or it is not there.
#include <cmath>

#include "adapters/files/posix.hpp"
#include "adapters/json/json.hpp"
#include "apps/api/segments.hpp"
#include "apps/cli/fake_service.test.hpp"
#include "apps/export/manifest.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string tone(core::FrameCount first, core::FrameCount frames) {
    std::string bytes;
    auto encoder = media::FlacEncoder::open({.channels = 1}, [&](auto piece, std::uint32_t) {
        for (const auto byte : piece) bytes.push_back(static_cast<char>(byte));
        return true;
    });
    std::vector<float> samples;
    for (auto frame = first; frame < first + frames; ++frame)
        samples.push_back(static_cast<float>(0.5 * std::sin(0.05 * static_cast<double>(frame))));
    EXPECT_TRUE(encoder->write(samples));
    EXPECT_TRUE(encoder->finish());
    return bytes;
}

class ExportTest : public ServiceTest {
  protected:
    static constexpr core::FrameCount segment_frames = 96'000;

    // The coordinator has these segments of the only track of r3; what it serves of `wrong` is something else.
    void serve(const std::vector<int>& numbers, const std::string& state = "uploaded", int wrong = -1,
               const std::string& marks = "") {
        service.on(Method::get, "/v1/recordings/r3/marks", R"({"marks":[)" + marks + "]}");
        api::SegmentsView view;
        for (const int number : numbers) {
            const auto sound = tone(number * segment_frames, segment_frames);
            media::SegmentRow row{.number = number,
                                  .life = 1,
                                  .first = number * segment_frames,
                                  .frames = segment_frames,
                                  .closed = true,
                                  .bytes = sound.size(),
                                  .sha256 = sha256_of(sound),
                                  .started = {1'700'000'000'000'000'000 + number * 2'000'000'000LL},
                                  .device = "virtual:microphone,at=1,2",
                                  .kept = true};
            for (const auto at : {core::FrameCount{0}, core::FrameCount{48'000}})
                row.anchors.push_back({row.first + at, 9'000'000'000 + (row.first + at) * 62'500 / 3, 1000, 7});
            view.segments.push_back(row);
            const auto path =
                console.home.write("served/" + std::to_string(number), number == wrong ? "rotten" : sound);
            service.on(Method::get, "/v1/recordings/r3/tracks/w1.mic/segments/" + std::to_string(number),
                       {Response::of_file({path, "\"e\""})});
        }
        service.on(Method::get, "/v1/recordings/r3/tracks/w1.mic/segments", json::encode(view));
        service.on(Method::get, "/v1/recordings/r3",
                   R"({"id":"r3","phase":"complete","tracks":[{"input":"hall/mic","state":")" + state +
                       R"(","reason":"","frames":1,"gap_frames":0,"sha256":"","id":"w1.mic"}],"created":1})");
    }
    Outcome export_to(std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"export", "r3", "--to", folder().string()});
        return run(options);
    }
    std::filesystem::path folder() const { return console.home / "monday/early"; }
    exporting::ExportManifest manifest() const {
        auto read = json::decode<exporting::ExportManifest>(text_of(folder() / "manifest.json"));
        EXPECT_TRUE(read) << (read ? "" : read.error().what);
        return read ? *read : exporting::ExportManifest{};
    }
};

TEST_F(ExportTest, TwoAtOnceIntoOneFolderAreOneTooMany) {
    serve({0});
    std::filesystem::create_directories(folder());
    {
        const auto other = files::lock_folder(folder());
        ASSERT_TRUE(other);
        const auto refused = export_to();
        EXPECT_EQ(refused.exit_code, 1);
        EXPECT_TRUE(refused.says("another program is at work in '" + folder().string() + "'")) << refused.err;
        EXPECT_TRUE(refused.says("choose another folder")) << refused.err;
        EXPECT_TRUE(std::filesystem::is_empty(folder()));
    }
    EXPECT_EQ(export_to().exit_code, 0) << "its end lets go of it";
}

TEST_F(ExportTest, AFolderThatCannotBeIsRefusedByName) {
    serve({0});
    console.home.write("monday", "a file");
    for (const auto& folder : {console.home / "monday", console.home / "monday/early"}) {
        const auto refused = run({"export", "r3", "--to", folder.string()});
        EXPECT_EQ(refused.exit_code, 1);
        EXPECT_TRUE(refused.says("cannot make the folder " + (console.home / "monday").string())) << refused.err;
        EXPECT_TRUE(refused.says("use another path")) << refused.err;
        EXPECT_FALSE(refused.says("wait for it")) << refused.err;
    }
}

TEST_F(ExportTest, SegmentsBecomeOneFileWithItsTimes) {
    serve({0, 1, 2});
    const auto outcome = export_to();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.says("hall.mic.flac: hall/mic, 0:06")) << outcome.err;
    const auto told = manifest();
    EXPECT_EQ(told.frames, 3 * segment_frames);
    EXPECT_EQ(told.origin_ns, 9'000'000'000);
    ASSERT_EQ(told.tracks.size(), 1U);
    EXPECT_EQ(told.tracks[0].file, "hall.mic.flac");
    EXPECT_EQ(told.tracks[0].sha256, sha256_of(text_of(folder() / "hall.mic.flac")));
    EXPECT_TRUE(told.tracks[0].gaps.empty());
    EXPECT_FALSE(told.tracks[0].device_delay_ns);
    EXPECT_TRUE(text_of(folder() / "hall.mic.svg").starts_with("<svg"));
    EXPECT_FALSE(std::filesystem::exists(folder() / ".segments-r3")) << "what was fetched is not needed any more";
}

TEST_F(ExportTest, MarksAreInTheManifestAndALabelTrack) {
    serve({0}, "uploaded", -1,
          R"({"id":"m7","text":"applause","time":1,"incarnation":7,"at_ns":9500000000,"asked_by":"ann"})");
    const auto outcome = export_to();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    ASSERT_TRUE(manifest().marks);
    EXPECT_EQ(manifest().marks->at(0).frame, 24'000);
    EXPECT_EQ(text_of(folder() / "marks.txt"), "0.500000\t0.500000\tapplause\n");
}

TEST_F(ExportTest, WhatIsNotHereIsAGapAndTold) {
    serve({0, 2}, "stored");
    const auto outcome = export_to({"--format", "wav"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.says("hall/mic: not all of it is here (stored)")) << outcome.err;
    const auto told = manifest();
    EXPECT_EQ(told.frames, 3 * segment_frames);
    ASSERT_EQ(told.tracks[0].gaps.size(), 1U) << "between the segments";
    EXPECT_EQ(told.tracks[0].gaps[0].first, segment_frames);
    EXPECT_EQ(told.tracks[0].gaps[0].count, segment_frames);
    EXPECT_TRUE(outcome.says("of it 2000 ms missing in 1 gap")) << outcome.err;
}

TEST_F(ExportTest, WhatWasFetchedIsNotFetchedAgain) {
    serve({0, 1}, "uploaded", 1);
    EXPECT_EQ(export_to().exit_code, 1);
    const auto fetched = folder() / ".segments-r3/0/000000.flac";
    EXPECT_TRUE(std::filesystem::exists(fetched));
    EXPECT_FALSE(std::filesystem::exists(folder() / "manifest.json"));
    const auto again = export_to();
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_TRUE(again.says("its SHA-256 differs")) << again.err;
    EXPECT_EQ(service.last().line, "GET /v1/recordings/r3/tracks/w1.mic/segments/1");
}

TEST_F(ExportTest, WithoutSoundThereIsNothing) {
    serve({});
    const auto outcome = export_to();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("of recording r3 no sound is here")) << outcome.err;
    EXPECT_TRUE(export_to({"--format", "mp3"}).says("write flac, wav or opus"));
}

}  // namespace
}  // namespace antiphon::cli::testing
