// Laws of RTP packets: what is written is read as it was, and of what is none nothing is believed.
#include "media/rtp/packet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace antiphon::rtp {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
    Bytes made;
    for (const int value : values) made.push_back(static_cast<std::byte>(value));
    return made;
}

Bytes written(const Header& header, const Bytes& payload) {
    Bytes out(1500);
    out.resize(write(header, payload, out));
    return out;
}

Refusal refusal_of(const Bytes& packet) {
    Refusal refusal{};
    const bool read = parse(packet, refusal).has_value();
    EXPECT_EQ(read, refusal == Refusal::none);
    return refusal;
}

TEST(RtpPacket, IsReadAsItWasWritten) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 2000; ++i) {
        Header header{static_cast<std::uint8_t>(random() % 64), random() % 2 == 0, static_cast<std::uint16_t>(random()),
                      static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())};
        if (random() % 2) header.departure_ns = static_cast<std::int64_t>(random());
        const Bytes payload(random() % 1400, std::byte{0x5a});
        const auto packet = written(header, payload);
        ASSERT_EQ(packet.size(), payload.size() + (header.departure_ns ? header_bytes_max : header_bytes));
        Refusal refusal{};
        const auto read = parse(packet, refusal);
        ASSERT_TRUE(read);
        ASSERT_EQ(read->header, header);
        ASSERT_TRUE(std::ranges::equal(read->payload, payload));
    }
}

TEST(RtpPacket, IsAsRfc3550DrawsIt) {
    EXPECT_EQ(written({97, true, 0x1234, 0x01020304, 0xa0b0c0d0}, bytes({7})),
              bytes({0x80, 0xe1, 0x12, 0x34, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0, 7}));
}

TEST(RtpPacket, SourcesForeignExtensionsAndPaddingAreSkipped) {
    auto packet = bytes({0xb2, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3});  // 2 CSRCs, extension, padding
    for (const auto& part :
         {bytes({9, 9, 9, 9, 8, 8, 8, 8}), bytes({0xBE, 0xDE, 0, 1, 0x20, 5, 0, 0}), bytes({42, 43, 0, 0, 3})})
        packet.insert(packet.end(), part.begin(), part.end());
    Refusal refusal{};
    const auto read = parse(packet, refusal);
    ASSERT_TRUE(read);
    EXPECT_TRUE(std::ranges::equal(read->payload, bytes({42, 43})));
    EXPECT_FALSE(read->header.departure_ns);
}

TEST(RtpPacket, WhatIsNoneIsRefusedByWhatIsWrong) {
    const auto whole = written({97, false, 1, 2, 3, 4}, {});
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(refusal_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), Refusal::none)
            << size;
    auto packet = bytes({0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 5});
    const auto with = [&](std::size_t at, int value) {
        auto changed = packet;
        changed[at] = static_cast<std::byte>(value);
        return changed;
    };
    EXPECT_EQ(refusal_of(packet), Refusal::none);
    EXPECT_EQ(refusal_of(with(0, 0x40)), Refusal::version);
    EXPECT_EQ(refusal_of(with(1, 200)), Refusal::control);
    EXPECT_EQ(refusal_of(with(0, 0x81)), Refusal::csrc);
    EXPECT_EQ(refusal_of(with(0, 0x90)), Refusal::extension);
    EXPECT_EQ(refusal_of(with(0, 0xa0)), Refusal::padding) << "five bytes of one";
}

TEST(RtpPacket, IsNotWrittenWhereThereIsNoRoom) {
    Bytes out(20);
    EXPECT_EQ(write({}, Bytes(9), out), 0U);
    EXPECT_EQ(write({}, Bytes(8), out), 20U);
    EXPECT_EQ(write({.departure_ns = 1}, {}, out), 0U);
}

}  // namespace
}  // namespace antiphon::rtp
