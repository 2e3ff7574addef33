// Laws of LDAC over A2DP. Nothing free decodes it, so of its sound there is no law.
#include "media/codecs/a2dp_ldac.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "media/codecs/a2dp_elements.test.hpp"

namespace antiphon::media {
namespace {

using test::elements;

A2dpElements ldac(int rate, int mode) { return elements({0x2D, 1, 0, 0, 0xAA, 0, rate, mode}); }

TEST(A2dpLdac, TakesTheBestThatBothHave) {
    EXPECT_EQ(*a2dp_ldac.choose(ldac(0x3C, 0x07)), ldac(0x10, 0x01));
    EXPECT_EQ(*a2dp_ldac.choose(ldac(0x20, 0x02)), ldac(0x20, 0x02));
    EXPECT_EQ(a2dp_ldac.read(ldac(0x10, 0x01))->text, "LDAC, 48 kHz stereo, 660 kbit/s");
    EXPECT_EQ(a2dp_ldac.read(ldac(0x20, 0x02))->text, "LDAC, 44.1 kHz dual channel, 606 kbit/s");
    EXPECT_EQ(a2dp_ldac.choose(ldac(0x0C, 0x07)).error().code, core::ErrorCode::invalid) << "88.2 and 96 kHz";
    EXPECT_EQ(a2dp_ldac.choose(ldac(0x30, 0x04)).error().code, core::ErrorCode::invalid) << "mono";
}

TEST(A2dpLdac, RefusesByNameWhatIsNotItsOwn) {
    EXPECT_EQ(a2dp_ldac.read(elements({0x2D, 1, 0, 0, 0xAA, 0, 0x10})).error().what,
              "LDAC elements have 8 bytes, not 7");
    EXPECT_EQ(a2dp_ldac.read(elements({0x4F, 0, 0, 0, 0xAA, 0, 0x10, 1})).error().code, core::ErrorCode::corrupt);
    for (const auto& wrong : {ldac(0x30, 1), ldac(0x10, 3), ldac(0, 1), ldac(0x10, 0), ldac(0x10, 4)})
        EXPECT_EQ(a2dp_ldac.open(wrong, 895).error().code, core::ErrorCode::corrupt);
    EXPECT_EQ(a2dp_ldac.open(ldac(0x10, 1), 691).error().what,
              "packets of 691 bytes are too small for LDAC; it takes 692");
}

TEST(A2dpLdac, PacketsFitAndHaveTheRateTheyTell) {
    for (const auto& configuration : {ldac(0x10, 1), ldac(0x10, 2), ldac(0x20, 1)})
        for (const std::size_t mtu : {692UL, 895UL, 1021UL, 65'535UL}) {
            const auto format = *a2dp_ldac.read(configuration);
            auto encoder = a2dp_ldac.open(configuration, mtu);
            ASSERT_TRUE(encoder);
            const auto frames = static_cast<std::size_t>((*encoder)->packet_frames());
            double bytes = 0;
            constexpr int packets = 50;
            for (int k = 0; k < packets; ++k) {
                std::vector<float> sound;
                for (std::size_t i = 0; i < frames; ++i) {
                    const auto x = static_cast<float>(0.5 * std::sin(0.07 * static_cast<double>(k * frames + i)));
                    sound.insert(sound.end(), {x, -x});
                }
                const auto packet = (*encoder)->encode(sound, static_cast<core::FrameCount>(k * frames));
                ASSERT_LE(packet.size(), mtu);
                EXPECT_EQ(std::to_integer<int>(packet[3]), k) << "its number";
                EXPECT_GT(std::to_integer<int>(packet[12]), 0) << "how many frames";
                EXPECT_EQ(std::to_integer<int>(packet[13]), 0xAA) << "the first byte of a frame";
                bytes += static_cast<double>(packet.size() - 13);
            }
            const auto seconds = static_cast<double>(packets * frames) / format.rate;
            EXPECT_NEAR(8 * bytes / seconds / format.bits_per_s, 1, 0.01) << format.text << " " << mtu;
        }
}

TEST(A2dpLdac, WhatIsNoNumberIsSilence) {
    auto encoder = a2dp_ldac.open(ldac(0x10, 1), 895);
    ASSERT_TRUE(encoder);
    const std::vector<float> nonsense(static_cast<std::size_t>((*encoder)->packet_frames()) * 2, std::nanf(""));
    EXPECT_FALSE((*encoder)->encode(nonsense, 0).empty());
}

}  // namespace
}  // namespace antiphon::media
