// Laws of the clock packet: what is written is read back, byte for byte as documented; anything else is refused.
#include "adapters/net/clock_packet.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace antiphon::net {
namespace {

constexpr ClockPacket answer{ClockPacketKind::answer, 0x0102030405060708, 9, -2, 0x1122334455667788, 1};

std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const auto byte : bytes)
        for (const int shift : {4, 0}) text += "0123456789abcdef"[(std::to_integer<int>(byte) >> shift) & 15];
    return text;
}

TEST(ClockPacket, IsLaidOutAsDocumented) {
    EXPECT_EQ(hex(encode(answer)),
              "414e434b01020000"
              "0102030405060708"
              "0000000000000009"
              "fffffffffffffffe"
              "1122334455667788"
              "0000000000000001");
}

TEST(ClockPacket, ReadsBackWhatWasWritten) {
    EXPECT_EQ(decode_clock_packet(encode(answer)), answer);
    const ClockPacket probe{ClockPacketKind::probe, ~0ULL, 0, INT64_MIN, 0, 0};
    EXPECT_EQ(decode_clock_packet(encode(probe)), probe);
}

TEST(ClockPacket, RefusesOtherSizesMagicsVersionsAndKinds) {
    const auto good = encode(answer);
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_clock_packet(std::span{good}.first(size)));
    EXPECT_FALSE(decode_clock_packet(std::vector<std::byte>(49)));
    for (std::size_t i = 0; i < 8; ++i) {
        auto bad = good;
        bad[i] ^= std::byte{0x10};
        EXPECT_FALSE(decode_clock_packet(bad)) << i;
    }
}

TEST(ClockPacket, RefusesAProbeThatCarriesAnAnswer) {
    for (std::size_t offset = 16; offset < 48; offset += 8) {
        auto bytes = encode({ClockPacketKind::probe, 1, 0, 2, 0, 0});
        bytes[offset + 7] = std::byte{1};
        EXPECT_EQ(decode_clock_packet(bytes).has_value(), offset == 24) << offset;
    }
}

TEST(ClockPacket, SurvivesAnyBytes) {
    std::mt19937 random{1};
    for (int i = 0; i < 100000; ++i) {
        auto bytes = encode(answer);
        for (int flips = static_cast<int>(random() % 4); flips >= 0; --flips)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        if (const auto packet = decode_clock_packet(bytes)) {
            EXPECT_EQ(hex(encode(*packet)), hex(bytes));
        }
    }
}

}  // namespace
}  // namespace antiphon::net
