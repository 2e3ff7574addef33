// Laws of cut streams: all frames that are whole are found, and nothing else.
#include "media/codecs/flac_extent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/instrumented.test.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::media {
namespace {

using Bytes = std::vector<std::byte>;

struct Encoded {
    Bytes bytes;
    std::vector<std::size_t> ends;  // of the header, then of each FLAC frame
    std::vector<core::FrameCount> frames{0};
};

Encoded encoded(int blocks, int channels = 1) {
    Encoded out;
    auto encoder =
        FlacEncoder::open({.channels = channels}, [&](std::span<const std::byte> bytes, std::uint32_t frames) {
            if (frames > 0) {
                if (out.ends.empty()) out.ends.push_back(out.bytes.size());
                out.ends.push_back(out.bytes.size() + bytes.size());
                out.frames.push_back(out.frames.back() + frames);
            }
            out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end());
            return true;
        });
    EXPECT_TRUE(encoder);
    std::mt19937 random(7);
    std::vector<float> samples(static_cast<std::size_t>(channels * (2048 * blocks - 300)));
    for (auto& sample : samples) sample = static_cast<float>(random() % 2000) / 8000;
    EXPECT_TRUE(encoder->write(samples));
    EXPECT_TRUE(encoder->finish());
    return out;
}

core::Result<FlacExtent> extent_of(std::span<const std::byte> bytes, std::size_t piece = 4096) {
    return flac_extent([bytes, piece](std::span<std::byte> out) mutable -> core::Result<std::size_t> {
        const auto given = std::min({out.size(), piece, bytes.size()});
        if (given > 0) std::memcpy(out.data(), bytes.data(), given);
        bytes = bytes.subspan(given);
        return given;
    });
}

TEST(FlacExtent, OfAWholeStreamIsAllOfIt) {
    for (const int channels : {1, 2}) {
        const auto stream = encoded(5, channels);
        for (const std::size_t piece : {1UL, 100UL, 1UL << 20}) {
            const auto extent = extent_of(stream.bytes, piece);
            ASSERT_TRUE(extent);
            EXPECT_EQ(extent->bytes, stream.bytes.size());
            EXPECT_EQ(extent->frames, 2048 * 5 - 300);
            EXPECT_TRUE(extent->whole);
            EXPECT_EQ(extent->info.channels, channels);
            EXPECT_EQ(extent->info.rate, 48000U);
        }
    }
}

TEST(FlacExtent, OfACutStreamEndsWithTheLastWholeFrame) {
    const auto stream = encoded(4);
    const std::size_t step = core::test::instrumented ? 31 : 1;
    for (auto cut = stream.ends.front(); cut < stream.bytes.size(); cut += step) {
        const auto extent = extent_of(std::span(stream.bytes).first(cut));
        ASSERT_TRUE(extent) << cut;
        const auto last = std::upper_bound(stream.ends.begin(), stream.ends.end(), cut) - 1 - stream.ends.begin();
        ASSERT_EQ(extent->bytes, stream.ends[static_cast<std::size_t>(last)]) << cut;
        ASSERT_EQ(extent->frames, stream.frames[static_cast<std::size_t>(last)]);
        ASSERT_EQ(extent->whole, extent->bytes == cut);
    }
}

// A power cut may leave zeros, or what was on the disk before.
TEST(FlacExtent, WhatWasNeverWrittenIsNoSound) {
    const auto stream = encoded(6);
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
        auto torn = stream.bytes;
        const auto from = stream.ends[1] + random() % (torn.size() - stream.ends[1]);
        const bool zeros = random() % 2 == 0;
        for (auto at = from; at < torn.size(); ++at) torn[at] = zeros ? std::byte{} : static_cast<std::byte>(random());
        const auto extent = extent_of(torn);
        ASSERT_TRUE(extent);
        const auto last = std::upper_bound(stream.ends.begin(), stream.ends.end(), from) - 1 - stream.ends.begin();
        ASSERT_EQ(extent->bytes, stream.ends[static_cast<std::size_t>(last)]);
        ASSERT_FALSE(extent->whole);
    }
}

// RFC 9639, 9.3.
std::uint16_t crc16(std::uint16_t crc, std::byte byte) {
    crc = static_cast<std::uint16_t>(crc ^ std::to_integer<unsigned>(byte) << 8);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>(crc << 1 ^ ((crc & 0x8000) != 0 ? 0x8005 : 0));
    return crc;
}

// From such a place on a frame may be all zeros, and its CRC be right.
TEST(FlacExtent, WhatWasNeverWrittenIsNoSoundThoughItsCrcIsRight) {
    const auto stream = encoded(120);
    int places = 0;
    for (std::size_t frame = 1; frame + 1 < stream.ends.size(); ++frame) {
        const auto begin = stream.ends[frame], end = stream.ends[frame + 1];
        std::uint16_t crc = 0;
        for (auto at = begin; at + 3 < end; ++at) {
            crc = crc16(crc, stream.bytes[at]);
            if (crc != 0 || at < begin + 16) continue;
            ++places;
            for (const std::size_t zeros : {0U, 1U, 5000U}) {
                Bytes torn(stream.bytes.begin(), stream.bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1);
                torn.resize(end + zeros);
                const auto extent = extent_of(torn);
                ASSERT_TRUE(extent);
                EXPECT_EQ(extent->bytes, begin);
                EXPECT_EQ(extent->frames, stream.frames[frame]);
                EXPECT_FALSE(extent->whole);
            }
        }
    }
    EXPECT_GT(places, 0);
}

TEST(FlacExtent, AFlippedBitEndsItAtTheFrameBefore) {
    const auto stream = encoded(5);
    std::mt19937 random(5);
    for (int i = 0; i < 300; ++i) {
        auto flipped = stream.bytes;
        const auto at = stream.ends.front() + random() % (flipped.size() - stream.ends.front());
        flipped[at] ^= static_cast<std::byte>(1U << random() % 8);
        const auto extent = extent_of(flipped);
        ASSERT_TRUE(extent);
        const auto last = std::upper_bound(stream.ends.begin(), stream.ends.end(), at) - 1 - stream.ends.begin();
        ASSERT_EQ(extent->bytes, stream.ends[static_cast<std::size_t>(last)]) << at;
        ASSERT_FALSE(extent->whole);
    }
}

TEST(FlacExtent, AFrameThatIsNotTheNextIsNotTaken) {
    const auto stream = encoded(5);
    Bytes without(stream.bytes.begin(), stream.bytes.begin() + static_cast<std::ptrdiff_t>(stream.ends[1]));
    without.insert(without.end(), stream.bytes.begin() + static_cast<std::ptrdiff_t>(stream.ends[2]),
                   stream.bytes.end());
    const auto extent = extent_of(without);
    ASSERT_TRUE(extent);
    EXPECT_EQ(extent->frames, 2048);
    EXPECT_EQ(extent->bytes, stream.ends[1]);
    EXPECT_FALSE(extent->whole);
}

TEST(FlacExtent, WithoutAWholeHeaderThereIsNone) {
    const auto stream = encoded(1);
    for (std::size_t cut = 0; cut < stream.ends.front(); cut += 3)
        EXPECT_EQ(extent_of(std::span(stream.bytes).first(cut)).error().code, core::ErrorCode::corrupt) << cut;
    const auto broken = flac_extent([](std::span<std::byte>) -> core::Result<std::size_t> {
        return core::Error{core::ErrorCode::unavailable, "the disk is gone"};
    });
    EXPECT_EQ(broken.error().what, "the disk is gone");
}

}  // namespace
}  // namespace antiphon::media
