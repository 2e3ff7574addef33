// Laws of reading: a recording is its sound, its place and its times; what is wrong with a file is said with its name.
#include "apps/ruler/mics/mic_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/virtual_audio/devices.hpp"
#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/room_clock.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::ruler {
namespace {

using testing::HasSubstr;

constexpr const char* manifest =
    R"({"v":1,"recording":"r1","rate":48000,"frames":4,"incarnation":9,"origin_ns":5000,"started":1,"tracks":[
{"input":"attic/mic","device":"alsa:hw:2","file":"other.flac","channel":0,"sha256":"","gaps":[],"clock_error_ns":10,
"drift_ppm":1.5,"by_wall_clock":false,"note":""},
{"input":"hall/mic","device":"DEVICE","file":"one.flac","channel":0,"sha256":"","gaps":[{"first":1,"count":2,
"reason":"late"}],"clock_error_ns":10,"drift_ppm":1.5,"by_wall_clock":false,"note":""}]})";

struct MicFilesTest : testing::Test {
    std::filesystem::path write(const std::string& name, const std::string& text) {
        const auto file = folder.path() / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }
    std::filesystem::path write_flac(const std::string& name, int channels, const std::vector<float>& samples) {
        std::string bytes;
        auto encoder = media::FlacEncoder::open({.channels = channels}, [&](auto piece, std::uint32_t) {
            for (const auto byte : piece) bytes.push_back(static_cast<char>(byte));
            return true;
        });
        EXPECT_TRUE(encoder->write(samples));
        EXPECT_TRUE(encoder->finish());
        return write(name, bytes);
    }
    void write_manifest(const std::string& device) {
        std::string text = manifest;
        write("manifest.json", text.replace(text.find("DEVICE"), 6, device));
    }

    virtual_audio::TemporaryFolder folder;
};

TEST_F(MicFilesTest, ReadsARecordingItsPlaceAndItsTimes) {
    write_manifest("virtual:microphone,at=1.5,2");
    const auto recording = read_recording(write_flac("one.flac", 1, {0.5F, -0.25F, 0, 0.125F}));
    ASSERT_TRUE(recording) << recording.error().what;
    EXPECT_EQ(recording->name, "hall/mic");
    EXPECT_EQ(recording->at, (virtual_audio::Position{1.5, 2}));
    EXPECT_EQ(recording->samples, (std::vector<float>{0.5F, -0.25F, 0, 0.125F}));
    EXPECT_EQ(recording->anchors, (std::vector<Anchor>{{0, 5000}}));
    ASSERT_EQ(recording->gaps.size(), 1U);
    EXPECT_EQ(recording->gaps[0].count, 2);
}

TEST_F(MicFilesTest, WantsToKnowWhereTheMicrophoneWas) {
    write_manifest("alsa:hw:1");
    const auto file = write_flac("one.flac", 1, {0, 0, 0, 0});
    EXPECT_THAT(read_recording(file).error().what, HasSubstr("say --mic hall/mic=X,Y"));
    EXPECT_EQ(read_recording(file, virtual_audio::Position{3, 4})->at, (virtual_audio::Position{3, 4}));
}

TEST_F(MicFilesTest, NamesTheFileThatIsWrong) {
    const auto file = write_flac("one.flac", 1, {0, 0});
    EXPECT_THAT(read_recording(file).error().what, HasSubstr("manifest.json"));
    write("manifest.json", "{}");
    EXPECT_THAT(read_recording(file).error().what, HasSubstr("manifest.json: "));
    write_manifest("virtual:microphone");
    EXPECT_THAT(read_recording(write_flac("three.flac", 1, {0})).error().what, HasSubstr("nothing of three.flac"));
    std::filesystem::remove(folder.path() / "three.flac");
    EXPECT_EQ(read_melody(write("two.flac", "no sound")).error().code, core::ErrorCode::corrupt);
    EXPECT_EQ(read_melody(folder.path() / "three.flac").error().code, core::ErrorCode::not_found);
}

TEST_F(MicFilesTest, MixesAMelodyAsASpeakerDoes) {
    const auto melody = read_melody(write_flac("two.flac", 2, {0.5F, 0.25F, -0.5F, 0.5F}));
    ASSERT_TRUE(melody) << melody.error().what;
    EXPECT_EQ(*melody, (std::vector<float>{0.375F, 0}));
}

struct Silence final : ports::Renderer {
    void render(const ports::RenderBlock&) noexcept override {}
};

TEST_F(MicFilesTest, SeesTheSpeakersOfARoomAndWhereTheyStand) {
    EXPECT_EQ(speakers_of(folder.path()).error().code, core::ErrorCode::not_found);
    auto room = *virtual_audio::Room::open(folder.path());
    const virtual_audio::RoomClock clock(room, "hall");
    const auto device = *virtual_audio::parse_virtual_device("virtual:speaker,at=1,2");
    Silence silence;  // outlives the speaker that renders it
    const auto speaker = *virtual_audio::make_speaker(room, device, "hall", "left", clock);
    ASSERT_TRUE(speaker->start(silence));
    const auto speakers = speakers_of(folder.path());
    ASSERT_TRUE(speakers) << speakers.error().what;
    ASSERT_EQ(speakers->size(), 1U);
    EXPECT_EQ(speakers->front().name, "hall/left");
    EXPECT_EQ(speakers->front().at, (virtual_audio::Position{1, 2}));
}

}  // namespace
}  // namespace antiphon::ruler
