// Laws of reading programmes: the right samples, to the frame, from every format, rate and position.
#include "adapters/files/audio_file_reader.hpp"

#include <gmock/gmock.h>

#include <random>

#include "adapters/files/fixture.test.hpp"

namespace antiphon::files {
namespace {

std::unique_ptr<AudioFileReader> must_open(const std::filesystem::path& path) {
    auto reader = AudioFileReader::open(path);
    if (!reader) {
        ADD_FAILURE() << reader.error().what;
        std::abort();
    }
    return std::move(*reader);
}

// Reads to the end in pieces of odd sizes.
std::vector<float> read_all(AudioFileReader& reader) {
    std::vector<float> all;
    std::vector<float> piece(2 * 1777);
    while (true) {
        const auto frames = reader.read(piece);
        EXPECT_TRUE(frames) << frames.error().what;
        if (!frames || *frames == 0) return all;
        all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(2 * *frames));
    }
}

std::vector<float> read_some(AudioFileReader& reader, std::size_t frames) {
    std::vector<float> some(2 * frames);
    std::size_t done = 0;
    while (done < frames) {
        const auto got = reader.read(std::span(some).subspan(2 * done));
        EXPECT_TRUE(got) << got.error().what;
        if (!got || *got == 0) break;
        done += *got;
    }
    some.resize(2 * done);
    return some;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
    EXPECT_EQ(a.size(), b.size());
    double largest = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
    return largest;
}

TEST(AudioFile, WavAndFlacAtOurRateAreExact) {
    const TempFolder folder;
    std::vector<short> written;
    for (int i = 0; i < 20'000; ++i) written.push_back(static_cast<short>(i * 7919 % 65536 - 32768));
    for (const int format : {wav16, flac16}) {
        SF_INFO info{};
        info.samplerate = 48000;
        info.channels = 2;
        info.format = format;
        auto* file = sf_open((folder / "a").c_str(), SFM_WRITE, &info);
        ASSERT_EQ(sf_writef_short(file, written.data(), 10'000), 10'000);
        sf_close(file);
        auto reader = must_open(folder / "a");
        EXPECT_EQ(reader->total_frames(), 10'000);
        const auto all = read_all(*reader);
        ASSERT_EQ(all.size(), 20'000);
        for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<float>(written[i]) / 32768) << i;
        EXPECT_TRUE(read_some(*reader, 1).empty());
    }
}

struct Made {
    const char* name;
    int format;
    int rate;
    const char* format_name;
};

const Made every_format[] = {
    {"a.wav", wav16, 44100, "WAV"},
    {"b.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_24, 96000, "WAV"},
    {"c.wav", wav_float, 48000, "WAV"},
    {"a.flac", flac16, 44100, "FLAC"},
    {"b.flac", flac16, 48000, "FLAC"},
    {"a.ogg", ogg_vorbis, 44100, "Ogg Vorbis"},
    {"b.ogg", ogg_vorbis, 48000, "Ogg Vorbis"},
    {"a.opus", ogg_opus, 48000, "Ogg Opus"},
    {"b.opus", ogg_opus, 24000, "Ogg Opus"},
    {"a.mp3", mp3, 44100, "MP3"},
    {"b.mp3", mp3, 48000, "MP3"},
    {"d.wav", wav16, 44099, "WAV"},
    {"e.wav", wav16, 8000, "WAV"},
    {"f.wav", wav16, 192000, "WAV"},
};

TEST(AudioFile, EveryFormatTellsWhatItIsAndHasItsLengthToTheFrame) {
    const TempFolder folder;
    for (const auto& made : every_format) {
        SCOPED_TRACE(made.name);
        const int frames = made.rate * 3 + 1;
        make_audio(folder / made.name, made.format, made.rate, 2, frames, chirp(made.rate));
        auto reader = must_open(folder / made.name);
        EXPECT_EQ(reader->info().format, made.format_name);
        EXPECT_EQ(reader->info().rate, made.rate);
        EXPECT_EQ(reader->info().channels, 2);
        const auto expected = std::llround(frames * 48000.0 / made.rate);
        EXPECT_EQ(reader->total_frames(), expected);
        EXPECT_EQ(read_all(*reader).size(), 2 * expected);
        EXPECT_EQ(*reader->readable_frames(), expected);
    }
}

TEST(AudioFile, ReadingAfterASeekEqualsReadingThrough) {
    const TempFolder folder;
    for (const auto& made : every_format) {
        SCOPED_TRACE(made.name);
        make_audio(folder / made.name, made.format, made.rate, 2, made.rate * 5, chirp(made.rate));
        auto reader = must_open(folder / made.name);
        const auto all = read_all(*reader);
        std::mt19937 random(7);
        for (int round = 0; round < 12; ++round) {
            const auto frame = round < 2 ? static_cast<std::size_t>(round) : random() % (all.size() / 2 - 2000);
            ASSERT_TRUE(reader->seek(static_cast<core::FrameCount>(frame)));
            EXPECT_EQ(reader->position(), frame);
            const auto some = read_some(*reader, 2000);
            EXPECT_LT(largest_difference(some, std::span(all).subspan(2 * frame, 4000)), 1e-4) << "at frame " << frame;
        }
    }
}

// The level of what is left when the best-fitting sine of that pitch is taken away, against the sine, in dB.
double signal_to_noise_db(std::span<const float> stereo, double hz) {
    double sine_sum = 0;
    double cosine_sum = 0;
    double power = 0;
    const auto frames = stereo.size() / 2;
    for (std::size_t i = 0; i < frames; ++i) {
        const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / 48000;
        sine_sum += stereo[2 * i] * std::sin(phase);
        cosine_sum += stereo[2 * i] * std::cos(phase);
        power += double{stereo[2 * i]} * stereo[2 * i];
    }
    const double signal = 2 * (sine_sum * sine_sum + cosine_sum * cosine_sum) / static_cast<double>(frames);
    return 10 * std::log10(signal / (power - signal));
}

TEST(AudioFile, ConvertsTheRateWithMoreThanNinetyDecibels) {
    const TempFolder folder;
    for (const int rate : {44100, 22050, 96000, 44099}) {
        make_audio(folder / "sine.wav", wav_float, rate, 2, rate * 3, sine(1000, rate));
        auto reader = must_open(folder / "sine.wav");
        const auto all = read_all(*reader);
        const auto middle = std::span(all).subspan(2 * 24000, 2 * 96000);  // whole periods, away from the edges
        const auto ratio_db = signal_to_noise_db(middle, 1000);
        EXPECT_GT(ratio_db, 90) << rate;
        std::printf("%d Hz: %.1f dB\n", rate, ratio_db);
        const double first = all[2 * 24000 + 2 * 12];  // a quarter of a period after a whole one: the phase is right
        EXPECT_NEAR(first, 0.5, 1e-4) << rate;
    }
}

TEST(AudioFile, AnImpulseStaysWhereItWas) {
    const TempFolder folder;
    make_audio(folder / "impulse.wav", wav_float, 44100, 1, 44100,
               [](int, int frame) { return frame == 14700 ? 1.0F : 0.0F; });
    auto reader = must_open(folder / "impulse.wav");
    const auto all = read_all(*reader);
    const auto peak = std::max_element(all.begin(), all.end()) - all.begin();
    EXPECT_EQ(peak / 2, 16000);
}

TEST(AudioFile, OneChannelIsHeardOnBothSides) {
    const TempFolder folder;
    make_audio(folder / "mono.wav", wav_float, 48000, 1, 100,
               [](int, int frame) { return static_cast<float>(frame) / 128; });
    const auto all = read_all(*must_open(folder / "mono.wav"));
    for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(all[2 * i], static_cast<float>(i) / 128);
        EXPECT_EQ(all[2 * i + 1], all[2 * i]);
    }
}

TEST(AudioFile, OfManyChannelsNoneIsLost) {
    const TempFolder folder;
    for (int loud = 0; loud < 6; ++loud) {
        make_audio(folder / "many.wav", SF_FORMAT_WAVEX | SF_FORMAT_FLOAT, 48000, 6, 10,
                   [=](int channel, int) { return channel == loud ? 0.8F : 0.0F; });
        const auto all = read_all(*must_open(folder / "many.wav"));
        EXPECT_FLOAT_EQ(all[0], loud == 0 ? 0.4F : loud == 1 ? 0.0F : 0.1F);
        EXPECT_FLOAT_EQ(all[1], loud == 1 ? 0.4F : loud == 0 ? 0.0F : 0.1F);
    }
}

std::size_t mp3_frame_bytes(std::string_view bytes) {
    constexpr int kilobits[] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
    const auto third = static_cast<unsigned char>(bytes[2]);
    return static_cast<std::size_t>(144 * 1000 * kilobits[third >> 4] / 48000 + (third >> 1 & 1));
}

// Its first frame tells how many follow; many files in the wild lack it, and their bit rate varies all the same.
TEST(AudioFile, AnMp3WithoutALengthIsCountedFrameByFrame) {
    const TempFolder folder;
    make_audio(folder / "whole.mp3", mp3, 48000, 2, 48000 * 3, chirp(48000));
    const auto bytes = read_file(folder / "whole.mp3");
    ASSERT_NE(bytes.substr(0, 64).find("Xing"), std::string::npos);
    write_file(folder / "bare.mp3", bytes.substr(mp3_frame_bytes(bytes)));
    auto reader = must_open(folder / "bare.mp3");
    ASSERT_TRUE(reader->total_frames());
    EXPECT_NEAR(static_cast<double>(*reader->total_frames()), 48000 * 3, 3 * 1152);
    EXPECT_EQ(read_all(*reader).size(), 2 * *reader->total_frames());
}

TEST(AudioFile, ATagBeforeTheSoundIsSkipped) {
    const TempFolder folder;
    const auto tag = std::string("ID3\x03\0\0\0\x06\x0d\x20", 10) + std::string(6 * 16384 + 13 * 128 + 32, '\xff');
    for (const int format : {mp3, flac16}) {
        make_audio(folder / "plain", format, 48000, 2, 48000, chirp(48000));
        write_file(folder / "tagged", tag + read_file(folder / "plain"));
        const auto plain = read_all(*must_open(folder / "plain"));
        EXPECT_EQ(largest_difference(read_all(*must_open(folder / "tagged")), plain), 0);
    }
}

TEST(AudioFile, ASeekStaysWithinTheFile) {
    const TempFolder folder;
    make_audio(folder / "a.wav", wav16, 44100, 2, 44100, sine(440, 44100));
    auto reader = must_open(folder / "a.wav");
    EXPECT_EQ(reader->seek(-1).error().code, core::ErrorCode::invalid);
    ASSERT_TRUE(reader->seek(1'000'000));
    EXPECT_EQ(reader->position(), 48000);
    EXPECT_TRUE(read_some(*reader, 64).empty());
    ASSERT_TRUE(reader->seek(47990));
    EXPECT_EQ(read_some(*reader, 64).size(), 20);
}

}  // namespace
}  // namespace antiphon::files
