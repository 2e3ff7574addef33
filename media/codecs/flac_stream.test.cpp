// Laws of the FLAC streams: what goes in comes out, bit for bit; damage is counted, never fatal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "media/codecs/flac_decoder.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::media {
namespace {

using Bytes = std::vector<std::byte>;

struct Encoded {
    Bytes bytes;
    std::vector<std::size_t> frame_ends;  // byte offsets
    core::FrameCount frames = 0;
};

// Noise on a tone, of whole steps of `bits`, so that nothing is rounded.
std::vector<float> signal(int bits, int channels, int frames, unsigned seed = 1) {
    std::mt19937 random(seed);
    const double scale = std::ldexp(1.0, bits - 1);
    std::vector<float> samples;
    for (int i = 0; i < frames * channels; ++i) {
        const double x = 0.7 * std::sin(0.01 * i) + 0.2 * (static_cast<double>(random() % 2001) / 1000 - 1);
        samples.push_back(static_cast<float>(std::nearbyint(x * scale) / scale));
    }
    return samples;
}

Encoded encode(const FlacFormat& format, const std::vector<float>& samples, std::size_t piece = 700) {
    Encoded out;
    auto encoder = FlacEncoder::open(format, [&](std::span<const std::byte> bytes, std::uint32_t frames) {
        out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end());
        if (frames > 0) out.frame_ends.push_back(out.bytes.size());
        out.frames += frames;
        return true;
    });
    EXPECT_TRUE(encoder);
    const auto width = static_cast<std::size_t>(format.channels);
    for (std::size_t at = 0; at < samples.size(); at += piece * width)
        EXPECT_TRUE(encoder->write(std::span(samples).subspan(at, std::min(piece * width, samples.size() - at))));
    EXPECT_TRUE(encoder->finish());
    return out;
}

std::vector<float> decode(FlacDecoder& decoder, std::span<const std::byte> bytes, std::size_t piece) {
    std::vector<float> samples;
    const auto collect = [&] {
        const auto more = decoder.take();
        samples.insert(samples.end(), more.begin(), more.end());
    };
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        if (!decoder.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)))) break;
        collect();
    }
    (void)decoder.finish().ok();
    collect();
    return samples;
}

TEST(FlacStream, ReturnsEveryBitWhateverThePieces) {
    for (const int bits : {16, 24})
        for (const int channels : {1, 2, 6})
            for (const std::size_t piece : {1UL, 97UL, 4096UL, 1000000UL}) {
                const auto samples = signal(bits, channels, 9001);
                const auto encoded = encode({.channels = channels, .bits = bits}, samples);
                EXPECT_EQ(encoded.frames, 9001);
                FlacDecoder decoder;
                EXPECT_TRUE(decode(decoder, encoded.bytes, piece) == samples)
                    << bits << " " << channels << " " << piece;
                EXPECT_EQ(decoder.info().bits, bits);
                EXPECT_EQ(decoder.info().channels, channels);
                EXPECT_EQ(decoder.info().rate, 48000U);
                EXPECT_EQ(decoder.lost(), 0U);
            }
}

TEST(FlacStream, HoldsBlocksOfTheLargestPowerOfTwoBelow50Milliseconds) {
    EXPECT_EQ(flac_block_frames(48000), 2048U);
    EXPECT_EQ(flac_block_frames(44100), 2048U);
    EXPECT_EQ(flac_block_frames(96000), 4096U);
    EXPECT_EQ(flac_block_frames(16000), 512U);
    EXPECT_EQ(flac_block_frames(8000), 256U);
    const auto encoded = encode({}, signal(16, 2, 2048 * 3 + 5));
    EXPECT_EQ(encoded.frame_ends.size(), 4U);
}

TEST(FlacStream, CarriesItsComments) {
    const auto encoded = encode({.comments = {{"TITLE", "Abend"}, {"X-START", "123"}}}, signal(16, 2, 100));
    FlacDecoder decoder;
    decode(decoder, encoded.bytes, 50);
    EXPECT_EQ(decoder.info().comments, (std::vector<std::string>{"TITLE=Abend", "X-START=123"}));
}

TEST(FlacStream, RoundsToTheNearestStepHalfToEvenAndClips) {
    const auto step = std::ldexp(1.0F, -15);
    const std::vector<float> in{0.4F * step, 0.6F * step, 0.5F * step, 1.5F * step, -0.5F * step,  -1.6F * step,
                                1.0F,        -1.0F,       7.0F,        -7.0F,       std::nanf(""), 0.0F};
    const std::vector<float> expected{0, step, 0, 2 * step, 0, -2 * step, 1 - step, -1.0F, 1 - step, -1.0F, 0, 0};
    FlacDecoder decoder;
    EXPECT_EQ(decode(decoder, encode({.channels = 1}, in).bytes, 1000), expected);
}

TEST(FlacStream, CutAtAnyByteGivesEveryWholeFrame) {
    const auto samples = signal(16, 2, 2048 * 4);
    const auto encoded = encode({}, samples);
    std::mt19937 random(3);
    for (int i = 0; i < 40; ++i) {
        const auto cut = encoded.frame_ends[0] + random() % (encoded.bytes.size() - encoded.frame_ends[0]);
        const auto whole = static_cast<std::size_t>(
            std::count_if(encoded.frame_ends.begin(), encoded.frame_ends.end(), [&](auto end) { return end <= cut; }));
        FlacDecoder decoder;
        const auto out = decode(decoder, std::span(encoded.bytes).first(cut), 1000);
        ASSERT_GE(out.size(), whole * 4096) << cut;
        EXPECT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(whole * 4096), samples.begin()));
    }
}

TEST(FlacStream, DamageIsCountedAndWhatFollowsIsHeard) {
    const auto samples = signal(16, 2, 2048 * 20);
    for (unsigned seed = 0; seed < 60; ++seed) {
        auto bytes = encode({}, samples).bytes;
        std::mt19937 random(seed);
        const std::size_t header = 200;
        bytes[header + random() % (bytes.size() / 2)] ^= std::byte{0x55};
        FlacDecoder decoder;
        const auto out = decode(decoder, bytes, 1 + random() % 5000);
        EXPECT_GE(decoder.lost(), 1U) << "seed " << seed;
        ASSERT_GE(out.size(), 4096U * 9) << "seed " << seed;
        EXPECT_TRUE(std::equal(out.end() - 4096, out.end(), samples.end() - 4096)) << "seed " << seed;
    }
}

TEST(FlacStream, RefusesWhatIsNoFlac) {
    const Bytes text(100, std::byte{'x'});
    FlacDecoder decoder;
    EXPECT_EQ(decoder.feed(text).error().code, core::ErrorCode::corrupt);
    EXPECT_FALSE(decoder.feed(text));
    FlacDecoder cut;
    const auto whole = encode({}, signal(16, 2, 10)).bytes;
    EXPECT_TRUE(cut.feed(std::span(whole).first(30)));
    EXPECT_EQ(cut.finish().error().code, core::ErrorCode::corrupt);
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {  // any bytes: an error or silence, never a crash
        Bytes noise(2000);
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::byte>(random()); });
        const char* magic = "fLaC\x80\x00\x00\x22";
        for (int k = 0; k < 8; ++k) noise[static_cast<std::size_t>(k)] = static_cast<std::byte>(magic[k]);
        FlacDecoder any;
        decode(any, noise, 300);
    }
}

TEST(FlacStream, RefusesFormatsItDoesNotHaveAndStopsWithItsSink) {
    const auto ignore = [](std::span<const std::byte>, std::uint32_t) { return true; };
    EXPECT_EQ(FlacEncoder::open({.channels = 9}, ignore).error().code, core::ErrorCode::invalid);
    EXPECT_EQ(FlacEncoder::open({.bits = 20}, ignore).error().code, core::ErrorCode::invalid);
    EXPECT_EQ(FlacEncoder::open({.rate = 0}, ignore).error().code, core::ErrorCode::invalid);
    EXPECT_EQ(FlacEncoder::open({.comments = {{"A=B", "c"}}}, ignore).error().code, core::ErrorCode::invalid);
    bool open = true;
    auto encoder = FlacEncoder::open({}, [&](std::span<const std::byte>, std::uint32_t) { return open; });
    ASSERT_TRUE(encoder);
    open = false;
    EXPECT_EQ(encoder->write(signal(16, 2, 5000)).error().code, core::ErrorCode::unavailable);
}

}  // namespace
}  // namespace antiphon::media
