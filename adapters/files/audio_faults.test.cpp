// Laws of bad audio files: each is refused or read as far as it goes, by name, and none crashes or loops.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <random>

#include "adapters/files/audio_file_reader.hpp"
#include "adapters/files/fixture.test.hpp"

// Debian's libsndfile 1.2.0 forgets libvorbis' state when an Ogg file's header is broken: not ours to free.
extern "C" const char* __lsan_default_suppressions() { return "leak:vorbis_info_init\n"; }

namespace antiphon::files {
namespace {

using core::ErrorCode;
using testing::AllOf;
using testing::HasSubstr;

core::Error refusal(const std::filesystem::path& path) {
    auto reader = AudioFileReader::open(path);
    if (reader) return {ErrorCode::internal, "opened"};
    EXPECT_THAT(reader.error().what, HasSubstr(path.string()));
    return reader.error();
}

// What came before the end, and the error that ended it, if one did.
struct Outcome {
    core::FrameCount frames = 0;
    std::optional<core::Error> error;
    bool finite = true;
};

Outcome read_through(AudioFileReader& reader) {
    Outcome outcome;
    std::vector<float> piece(2 * 1000);
    for (int reads = 0; reads < 100'000; ++reads) {
        const auto got = reader.read(piece);
        if (!got) {
            outcome.error = got.error();
            return outcome;
        }
        if (*got == 0) return outcome;
        outcome.frames += static_cast<core::FrameCount>(*got);
        for (std::size_t i = 0; i < 2 * *got; ++i) outcome.finite &= std::isfinite(piece[i]);
    }
    ADD_FAILURE() << "reads for ever";
    return outcome;
}

TEST(BadAudio, IsRefusedWithItsNameAndAWayOut) {
    const TempFolder folder;
    EXPECT_EQ(refusal(folder / "missing.wav").code, ErrorCode::not_found);
    EXPECT_EQ(refusal(folder.path()).code, ErrorCode::invalid);
    write_file(folder / "empty.wav", "");
    EXPECT_EQ(refusal(folder / "empty.wav").code, ErrorCode::invalid);
    EXPECT_THAT(refusal(folder / "empty.wav").what, HasSubstr("is empty; was it copied to its end?"));
    write_file(folder / "text.mp3", "Dear venue,\nthis is a letter and no song.\n");
    EXPECT_EQ(refusal(folder / "text.mp3").code, ErrorCode::invalid);
    EXPECT_THAT(refusal(folder / "text.mp3").what,
                HasSubstr("is not an audio file that we can read (WAV, FLAC, Ogg, Opus, MP3)"));
    ASSERT_EQ(::mkfifo((folder / "pipe.wav").c_str(), 0600), 0);
    EXPECT_THAT(refusal(folder / "pipe.wav").what, HasSubstr("is not a file"));
    make_audio(folder / "silent.wav", wav16, 48000, 2, 0, sine(1, 48000));
    EXPECT_THAT(refusal(folder / "silent.wav").what, HasSubstr("holds no sound"));
    make_audio(folder / "other.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 48000, 2, 100, sine(1, 48000));
    EXPECT_THAT(refusal(folder / "other.au").what, HasSubstr("is not an audio file that we can read"));
}

TEST(BadAudio, ATruncatedFileGivesWhatIsReadable) {
    const TempFolder folder;
    for (const int rate : {48000, 44100}) {
        make_audio(folder / "whole.flac", flac16, rate, 2, rate * 4, chirp(rate));
        const auto bytes = read_file(folder / "whole.flac");
        write_file(folder / "cut.flac", bytes.substr(0, bytes.size() / 2));
        auto reader = AudioFileReader::open(folder / "cut.flac");
        ASSERT_TRUE(reader) << reader.error().what;
        EXPECT_EQ((*reader)->total_frames(), 4 * 48000);
        const auto outcome = read_through(**reader);
        EXPECT_GT(outcome.frames, 48000);
        EXPECT_LT(outcome.frames, 3 * 48000);
        ASSERT_TRUE(outcome.error);
        EXPECT_EQ(outcome.error->code, ErrorCode::corrupt);
        EXPECT_EQ(outcome.error->what, (folder / "cut.flac").string() + " is truncated or damaged: of 192000 frames, " +
                                           std::to_string(outcome.frames) + " can be read; copy it again");
        EXPECT_EQ(*(*reader)->readable_frames(), outcome.frames);
        ASSERT_TRUE((*reader)->seek(150'000));  // beyond what is there
        EXPECT_EQ(read_through(**reader).error->code, ErrorCode::corrupt);
        ASSERT_TRUE((*reader)->seek(20'000));
        EXPECT_EQ(read_through(**reader).frames, outcome.frames - 20'000);
    }
}

TEST(BadAudio, EveryFormatCutAnywhereEndsCleanly) {
    const TempFolder folder;
    int opened = 0;
    for (const int format : {wav16, flac16, ogg_vorbis, ogg_opus, mp3}) {
        make_audio(folder / "whole", format, 48000, 2, 48000, chirp(48000));
        const auto bytes = read_file(folder / "whole");
        for (std::size_t part = 0; part <= 24; ++part) {
            write_file(folder / "cut", bytes.substr(0, bytes.size() * part / 24));
            auto reader = AudioFileReader::open(folder / "cut");
            if (!reader) continue;
            ++opened;
            const auto outcome = read_through(**reader);
            EXPECT_LE(outcome.frames, 48000 + 2 * 1152);  // a cut MP3 keeps the padding of its encoder
            EXPECT_TRUE((*reader)->seek(30'000));
            read_through(**reader);
        }
    }
    EXPECT_GT(opened, 60);
}

TEST(BadAudio, EveryFormatWithFlippedBitsEndsCleanly) {
    const TempFolder folder;
    int opened = 0;
    for (const int format : {wav16, wav_float, flac16, ogg_vorbis, ogg_opus, mp3}) {
        make_audio(folder / "sound", format, format == ogg_opus ? 48000 : 44100, 2, 20000, chirp(48000));
        const auto bytes = read_file(folder / "sound");
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            std::mt19937_64 random(seed);
            auto bad = bytes;
            for (auto n = random() % 6 + 1; n > 0; --n) {
                const auto at = random() % (seed % 2 == 0 ? bad.size() : std::min<std::size_t>(bad.size(), 200));
                bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
            }
            write_file(folder / "bad", bad);
            auto reader = AudioFileReader::open(folder / "bad");
            if (!reader) continue;
            ++opened;
            EXPECT_TRUE(read_through(**reader).finite) << "format " << format << " seed " << seed;
            static_cast<void>((*reader)->seek(9'000));
            read_through(**reader);
        }
    }
    EXPECT_GT(opened, 100);
}

TEST(BadAudio, WhatIsNotANumberBecomesSilence) {
    const TempFolder folder;
    make_audio(folder / "nan.wav", wav_float, 44100, 2, 44100, [](int channel, int frame) {
        if (frame % 100 != 0) return 0.25F;
        return channel == 0 ? NAN : 1e30F;
    });
    auto reader = AudioFileReader::open(folder / "nan.wav");
    ASSERT_TRUE(reader);
    const auto outcome = read_through(**reader);
    EXPECT_EQ(outcome.frames, 48000);
    EXPECT_TRUE(outcome.finite);
}

TEST(BadAudio, AFlacThatDoesNotTellItsLengthIsReadToItsEnd) {
    const TempFolder folder;
    make_audio(folder / "live.flac", flac16, 48000, 2, 100'000, chirp(48000));
    auto bytes = read_file(folder / "live.flac");
    bytes[21] = static_cast<char>(bytes[21] & 0xf0);  // STREAMINFO: 36 bits of total samples
    for (std::size_t i = 22; i < 26; ++i) bytes[i] = 0;
    write_file(folder / "live.flac", bytes);
    auto reader = AudioFileReader::open(folder / "live.flac");
    ASSERT_TRUE(reader) << reader.error().what;
    EXPECT_EQ((*reader)->total_frames(), std::nullopt);
    EXPECT_EQ(*(*reader)->readable_frames(), 100'000);
    ASSERT_TRUE((*reader)->seek(90'000));
    EXPECT_EQ(read_through(**reader).frames, 10'000);
}

}  // namespace
}  // namespace antiphon::files
