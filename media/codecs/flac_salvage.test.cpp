// Laws of damaged streams: each damage costs the blocks that it touches, and nothing else.
#include "media/codecs/flac_salvage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/instrumented.test.hpp"
#include "media/codecs/flac_decoder.hpp"

namespace antiphon::media {
namespace {

using Bytes = std::vector<std::byte>;
constexpr core::FrameCount block = 2048;

struct Stream {
    Bytes bytes;
    std::vector<std::size_t> begins;  // of each block
    std::vector<float> samples;
};

Stream stream_of(int blocks, const FlacFormat& format = {.channels = 1}) {
    Stream stream;
    auto encoder = FlacEncoder::open(format, [&](std::span<const std::byte> bytes, std::uint32_t frames) {
        if (frames > 0) stream.begins.push_back(stream.bytes.size());
        stream.bytes.insert(stream.bytes.end(), bytes.begin(), bytes.end());
        return true;
    });
    EXPECT_TRUE(encoder);
    std::mt19937 random(7);
    stream.samples.resize(static_cast<std::size_t>(format.channels * (block * blocks - 300)));
    for (auto& sample : stream.samples) sample = static_cast<float>(random() % 2000) / 8192;
    EXPECT_TRUE(encoder->write(stream.samples) && encoder->finish());
    return stream;
}

std::vector<float> decoded(std::span<const std::byte> bytes) {
    FlacDecoder decoder;
    EXPECT_TRUE(decoder.feed(bytes) && decoder.finish());
    EXPECT_EQ(decoder.lost(), 0U) << "what was written is whole";
    return decoder.take();
}

constexpr core::FrameCount frames_max = 1 << 20;
const FlacFormat mono{.channels = 1};

// What was told and what was written are of the stream, but for what is lost.
void expect_of(const Stream& stream, const FlacSalvage& salvaged, int channels = 1) {
    auto wanted = stream.samples;
    wanted.resize(static_cast<std::size_t>(salvaged.frames * channels));
    for (const auto& lost : salvaged.lost)
        std::fill_n(wanted.begin() + lost.first * channels, lost.count * channels, 0.F);
    EXPECT_TRUE(decoded(salvaged.bytes) == wanted);
}

TEST(FlacSalvage, OfAWholeStreamIsAllOfItAsItWas) {
    for (const auto& format : {mono, FlacFormat{.rate = 44'100, .channels = 2, .bits = 24, .comments = {{"A", "b=c"}}},
                               FlacFormat{.rate = 4000, .channels = 8}}) {
        const auto stream = stream_of(5, format);
        const auto salvaged = salvage_flac(stream.bytes, format, frames_max);
        EXPECT_TRUE(salvaged.lost.empty());
        EXPECT_TRUE(salvaged.bytes == stream.bytes) << "to the byte";
    }
}

TEST(FlacSalvage, AFlippedBitCostsItsBlock) {
    const auto stream = stream_of(5);
    const auto step = core::test::instrumented ? 97UL : 7UL;
    for (std::size_t at = 0; at < stream.bytes.size(); at += step) {
        auto bytes = stream.bytes;
        bytes[at] ^= static_cast<std::byte>(1 << at % 8);
        const auto salvaged = salvage_flac(bytes, mono, frames_max);
        const auto hit = std::ranges::upper_bound(stream.begins, at) - stream.begins.begin() - 1;
        EXPECT_EQ(salvaged.frames, hit == 4 ? 4 * block : 5 * block - 300) << at;
        if (hit < 0) {
            EXPECT_TRUE(salvaged.bytes == stream.bytes) << "the header is made anew";
        } else if (hit < 4) {
            EXPECT_EQ(salvaged.lost, (std::vector<FlacSalvage::Lost>{{hit * block, block}})) << at;
        }
        expect_of(stream, salvaged);
    }
}

TEST(FlacSalvage, WhatIsGoneOrForeignCostsWhatItTouches) {
    const FlacFormat stereo{.channels = 2, .bits = 24};
    const auto stream = stream_of(9, stereo);
    auto bytes = stream.bytes;
    const auto at = [&](std::size_t number) {
        return bytes.begin() + static_cast<std::ptrdiff_t>(stream.begins[number]);
    };
    std::fill(at(6) + 10, at(7) + 10, std::byte{0});  // two blocks are hit
    bytes.erase(at(2), at(4));                        // two are gone
    bytes.insert(at(1), bytes.begin(), at(2));        // the beginning once more, in between
    const auto salvaged = salvage_flac(bytes, stereo, frames_max);
    EXPECT_EQ(salvaged.lost, (std::vector<FlacSalvage::Lost>{{2 * block, 2 * block}, {6 * block, 2 * block}}));
    EXPECT_EQ(salvaged.frames, 9 * block - 300);
    expect_of(stream, salvaged, 2);
}

TEST(FlacSalvage, AnySilenceHasItsNumber) {
    const auto stream = stream_of(200);  // beyond 127 a number has two bytes
    for (const std::size_t from : {1UL, 126UL, 150UL}) {
        auto bytes = stream.bytes;
        const auto begin = bytes.begin();
        bytes.erase(begin + static_cast<std::ptrdiff_t>(stream.begins[from]),
                    begin + static_cast<std::ptrdiff_t>(stream.begins[from + 30]));
        const auto salvaged = salvage_flac(bytes, mono, frames_max);
        EXPECT_EQ(salvaged.lost, (std::vector<FlacSalvage::Lost>{{static_cast<int>(from) * block, 30 * block}}));
        expect_of(stream, salvaged);
        const auto again = salvage_flac(salvaged.bytes, mono, frames_max);
        EXPECT_TRUE(again.lost.empty() && again.bytes == salvaged.bytes) << "silence is read as any other block";
    }
}

TEST(FlacSalvage, ACutStreamIsWhatWasBefore) {
    const auto stream = stream_of(5);
    for (std::size_t size = 0; size < stream.bytes.size(); size += core::test::instrumented ? 499 : 61) {
        const auto salvaged = salvage_flac(std::span(stream.bytes).first(size), mono, frames_max);
        const auto whole = std::ranges::upper_bound(stream.begins, size) - stream.begins.begin() - 1;
        EXPECT_EQ(salvaged.frames, std::max<core::FrameCount>(0, whole * block)) << size;
        EXPECT_EQ(salvaged.bytes.empty(), salvaged.frames == 0);
    }
}

TEST(FlacSalvage, NothingIsBelievedThatCannotBe) {
    const auto stream = stream_of(5);
    EXPECT_EQ(salvage_flac(stream.bytes, mono, 3 * block).frames, 3 * block);
    EXPECT_EQ(salvage_flac(stream.bytes, mono, 0).frames, 0);
    EXPECT_EQ(salvage_flac(stream.bytes, {.channels = 2}, frames_max).frames, 0) << "another format";
    EXPECT_EQ(salvage_flac(stream.bytes, {.channels = 1, .bits = 24}, frames_max).frames, 0);
    EXPECT_EQ(salvage_flac(stream.bytes, {.channels = 99}, frames_max).frames, 0) << "a format that is none";
    EXPECT_EQ(salvage_flac(std::vector<std::byte>(5000, std::byte{0xFF}), mono, frames_max).frames, 0);
}

}  // namespace
}  // namespace antiphon::media
