// Laws of FLAC packets: each stands for itself, none waits for the next, and what is none changes nothing.
#include "media/codecs/flac_packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace antiphon::media {
namespace {

using Frames = std::vector<float>;
using Packet = std::vector<std::byte>;

// Whole steps of 16 bit, so that they come back as they are.
float step(double x) { return static_cast<float>(std::nearbyint(x * 32767) / 32768); }

// `kind`: silence, two tones, or noise at full scale, which no codec makes smaller.
Frames programme(const FlacPacketFormat& format, int packets, int kind) {
    std::mt19937 random(7);
    Frames frames;
    for (int i = 0; i < packets * format.packet_frames; ++i)
        for (int c = 0; c < format.channels; ++c) {
            const double tone = 0.7 * std::sin(2 * std::numbers::pi * (c == 0 ? 440 : 1234.5) / 48000 * i);
            const double noise = std::uniform_real_distribution<>(-1, 1)(random);
            frames.push_back(step(kind == 0 ? 0 : kind == 1 ? tone : noise));
        }
    return frames;
}

std::vector<Packet> encoded(const FlacPacketFormat& format, const Frames& frames) {
    auto encoder = FlacPacketEncoder::open(format);
    std::vector<Packet> packets;
    const auto size = static_cast<std::size_t>(format.packet_frames * format.channels);
    for (std::size_t at = 0; at < frames.size(); at += size) {
        const auto packet = encoder->encode(std::span(frames).subspan(at, size));
        packets.emplace_back(packet.begin(), packet.end());
    }
    return packets;
}

TEST(FlacPackets, EachHoldsItsFramesAtOnceAndStandsForItself) {
    for (const auto& format : {FlacPacketFormat{2, 240}, FlacPacketFormat{1, 240}, FlacPacketFormat{2, 480}})
        for (int kind = 0; kind < 3; ++kind) {
            constexpr int count = 40;
            const auto frames = programme(format, count, kind);
            const auto packets = encoded(format, frames);
            ASSERT_EQ(packets.size(), std::size_t{count});
            auto decoder = *FlacPacketDecoder::open(format);
            const auto size = static_cast<std::size_t>(format.packet_frames * format.channels);
            for (int k = count - 1; k >= 0; k -= 3) {  // backwards, and not all
                const auto& packet = packets[static_cast<std::size_t>(k)];
                EXPECT_LE(packet.size(), format.bytes_max());
                Frames out(size, 9.0F);
                ASSERT_TRUE(decoder.decode(packet, out)) << k;
                const auto width = static_cast<std::size_t>(format.channels);
                const auto first = static_cast<std::size_t>(k) * size;
                for (std::size_t i = 0; i < size; ++i)
                    ASSERT_EQ(out[i], first + i < width ? 0.0F : frames[first + i - width]) << k << " " << i;
            }
            EXPECT_EQ(decoder.corrupt(), 0U);
        }
}

TEST(FlacPackets, AreSmallerThanWhatTheyHold) {
    const FlacPacketFormat format;
    std::size_t bytes = 0;
    for (const auto& packet : encoded(format, programme(format, 100, 1))) bytes += packet.size();
    EXPECT_LT(bytes, 100 * 240 * 4 / 2U);
}

TEST(FlacPackets, GoOnForEver) {
    const FlacPacketFormat format{1, 16};
    auto encoder = FlacPacketEncoder::open(format);
    auto decoder = *FlacPacketDecoder::open(format);
    Frames frames(16), out(16);
    const auto at = [](std::int64_t frame) { return frame < 0 ? 0.0F : static_cast<float>(frame % 32768) / 32768; };
    std::size_t largest = 0;
    for (std::int64_t k = 0; k < 140'000; ++k) {  // the encoder begins anew twice
        for (std::int64_t i = 0; i < 16; ++i) frames[static_cast<std::size_t>(i)] = at(16 * k + i);
        const auto packet = encoder->encode(frames);
        largest = std::max(largest, packet.size());
        ASSERT_TRUE(decoder.decode(packet, out)) << k;
        for (std::int64_t i = 0; i < 16; ++i) ASSERT_EQ(out[static_cast<std::size_t>(i)], at(16 * k + i - 1)) << k;
    }
    EXPECT_LE(largest, format.bytes_max());
}

TEST(FlacPackets, WhatIsNoWholePacketIsCountedAndChangesNothing) {
    const FlacPacketFormat format;
    const auto packets = encoded(format, programme(format, 3, 1));
    const auto& whole = packets[1];
    auto decoder = *FlacPacketDecoder::open(format);
    Frames out(480, 9.0F);
    std::uint64_t refused = 0;
    for (std::size_t size = 0; size < whole.size(); ++size, ++refused)
        ASSERT_FALSE(decoder.decode(std::span(whole).first(size), out)) << size;
    for (std::size_t at = 0; at < whole.size(); ++at, ++refused) {
        auto damaged = whole;
        damaged[at] ^= std::byte{0x10};
        ASSERT_FALSE(decoder.decode(damaged, out)) << at;
    }
    const auto mono = encoded({1, 240}, programme({1, 240}, 1, 1)),
               longer = encoded({2, 256}, programme({2, 256}, 1, 1));
    EXPECT_FALSE(decoder.decode(mono[0], out));
    EXPECT_FALSE(decoder.decode(longer[0], out));
    EXPECT_EQ(decoder.corrupt(), refused + 2);
    EXPECT_EQ(std::ranges::count(out, 9.0F), 480);
    EXPECT_TRUE(decoder.decode(whole, out)) << "and it goes on";
}

TEST(FlacPackets, AFormatThatIsNotOfferedIsRefusedByName) {
    EXPECT_NE(FlacPacketEncoder::open({3, 240}).error().what.find("3 channels"), std::string::npos);
    EXPECT_NE(FlacPacketDecoder::open({0, 240}).error().what.find("0 channels"), std::string::npos);
    EXPECT_NE(FlacPacketEncoder::open({2, 8}).error().what.find("8 frames"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::media
