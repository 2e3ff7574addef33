// Laws of Opus packets: what comes out sounds like what went in, at its place; what is no packet is refused.
#include "media/codecs/opus_packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace antiphon::media {
namespace {

float tone(core::FrameCount frame, int channel) {
    const double hz = channel == 0 ? 440 : 1234.5;
    return static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hz / 48000 * static_cast<double>(frame)));
}

std::vector<float> packet_of_tone(const OpusPacketFormat& format, core::FrameCount k) {
    std::vector<float> frames;
    for (core::FrameCount i = k * format.packet_frames; i < (k + 1) * format.packet_frames; ++i)
        for (int c = 0; c < format.channels; ++c) frames.push_back(tone(i, c));
    return frames;
}

TEST(OpusPackets, SoundLikeWhatWentInAtTheirPlace) {
    for (const auto& format :
         {OpusPacketFormat{2, 240, 160'000}, OpusPacketFormat{2, 480, 128'000}, OpusPacketFormat{1, 960, 96'000}}) {
        auto encoder = OpusPacketEncoder::open(format);
        auto decoder = OpusPacketDecoder::open(format);
        ASSERT_TRUE(encoder && decoder);
        double error = 0, power = 0;
        for (core::FrameCount k = 0; k < 100; ++k) {
            const auto packet = encoder->encode(packet_of_tone(format, k));
            std::vector<float> out(static_cast<std::size_t>(format.packet_frames * format.channels));
            ASSERT_TRUE(decoder->decode(packet, out));
            if (k < 20) continue;
            for (std::size_t i = 0; i < out.size(); ++i) {
                const auto width = static_cast<std::size_t>(format.channels);
                const auto frame =
                    encoder->first_frame() + k * format.packet_frames + static_cast<core::FrameCount>(i / width);
                const double wanted = tone(frame, static_cast<int>(i % width));
                error += std::pow(static_cast<double>(out[i]) - wanted, 2);
                power += wanted * wanted;
            }
        }
        EXPECT_GT(10 * std::log10(power / error), 25) << format.packet_frames;
    }
}

TEST(OpusPackets, AfterAGapItSoundsAsBeforeWithinSomePackets) {
    const OpusPacketFormat format;
    auto encoder = OpusPacketEncoder::open(format);
    auto decoder = OpusPacketDecoder::open(format);
    std::vector<float> out(960);
    const auto error_of = [&](core::FrameCount k) {
        double worst = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto frame = encoder->first_frame() + k * format.packet_frames + static_cast<core::FrameCount>(i / 2);
            worst = std::max(worst, std::abs(static_cast<double>(out[i]) -
                                             static_cast<double>(tone(frame, static_cast<int>(i % 2)))));
        }
        return worst;
    };
    for (core::FrameCount k = 0; k < 60; ++k) {
        const auto packet = encoder->encode(packet_of_tone(format, k));
        if (k >= 30 && k < 33) continue;
        ASSERT_TRUE(decoder->decode(packet, out));
    }
    EXPECT_LT(error_of(59), 0.05);
}

TEST(OpusPackets, WhatIsNoneIsCountedAndNeverCrashes) {
    const OpusPacketFormat format;
    auto encoder = OpusPacketEncoder::open(format);
    auto decoder = OpusPacketDecoder::open(format);
    std::vector<float> out(960);
    EXPECT_FALSE(decoder->decode({}, out));
    EXPECT_FALSE(decoder->decode(std::vector<std::byte>(1276), out));
    auto longer = OpusPacketEncoder::open({2, 960, 128'000});
    EXPECT_FALSE(decoder->decode(longer->encode(packet_of_tone({2, 960, 0}, 0)), out)) << "another duration";
    EXPECT_EQ(decoder->corrupt(), 3U);
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> noise(random() % 200);
        for (auto& byte : noise) byte = static_cast<std::byte>(random());
        decoder->decode(noise, out);
    }
    EXPECT_GT(decoder->corrupt(), 1000U);
}

TEST(OpusPackets, AFormatThatDoesNotExistIsRefusedByName) {
    EXPECT_NE(OpusPacketEncoder::open({3, 480, 128'000}).error().what.find("3 channels"), std::string::npos);
    EXPECT_NE(OpusPacketEncoder::open({2, 441, 128'000}).error().what.find("441 frames"), std::string::npos);
    EXPECT_NE(OpusPacketDecoder::open({2, 480, 5}).error().what.find("5 bit/s"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::media
