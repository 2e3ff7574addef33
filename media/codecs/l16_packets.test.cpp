// Laws of linear packets: what RFC 3551 says of their octets, and nothing lost but a step of dither.
#include "media/codecs/l16_packets.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace antiphon::media {
namespace {

int sample_at(std::span<const std::byte> packet, std::size_t index) {
    const auto high = std::to_integer<unsigned>(packet[2 * index]),
               low = std::to_integer<unsigned>(packet[2 * index + 1]);
    return static_cast<std::int16_t>(high << 8 | low);
}

TEST(L16Packets, AreSamplesInNetworkOrderChannelByChannel) {
    auto encoder = *L16PacketEncoder::open({2, 240});
    std::vector<float> frames(480);
    for (std::size_t i = 0; i < frames.size(); ++i)
        frames[i] = i % 2 == 0 ? 0.5F : static_cast<float>(std::sin(0.01 * static_cast<double>(i)));
    const auto packet = encoder.encode(frames);
    ASSERT_EQ(packet.size(), 960U);
    for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_NEAR(sample_at(packet, i), 32768 * frames[i], 2) << i;
}

TEST(L16Packets, FullScaleIsCutAndSilenceIsExact) {
    auto encoder = *L16PacketEncoder::open({1, 16});
    std::vector<float> frames(16, 0.0F);
    frames[0] = 1.5F;
    frames[1] = -1.5F;
    const auto packet = encoder.encode(frames);
    EXPECT_EQ(sample_at(packet, 0), 32767);
    EXPECT_EQ(sample_at(packet, 1), -32768);
    for (std::size_t i = 2; i < frames.size(); ++i) EXPECT_EQ(sample_at(packet, i), 0) << i;
}

TEST(L16Packets, AFormatThatFitsIntoNoPacketIsRefused) {
    for (const auto& format :
         {L16PacketFormat{0, 240}, L16PacketFormat{3, 240}, L16PacketFormat{2, 15}, L16PacketFormat{2, 361}}) {
        const auto opened = L16PacketEncoder::open(format);
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().what.find("16 to 360"), std::string::npos) << opened.error().what;
    }
}

}  // namespace
}  // namespace antiphon::media
