// Laws of SRTP: what was sealed opens as it was, once; nothing else opens.
#include "adapters/srtp/srtp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace antiphon::srtp {
namespace {

using Bytes = std::vector<std::byte>;

Key key(char digit = 'a') { return *Key::from_hex(std::string(60, digit)); }

// RTP version 2, payload type 97.
Bytes rtp(std::uint16_t number, std::uint32_t ssrc = 0x1234, std::size_t payload = 50) {
    Bytes packet(12 + payload, std::byte{0x5a});
    const auto put = [&](std::size_t at, std::uint32_t value, int octets) {
        for (int i = 0; i < octets; ++i)
            packet[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value >> (8 * (octets - 1 - i)));
    };
    packet[0] = std::byte{0x80};
    packet[1] = std::byte{97};
    put(2, number, 2);
    put(4, number * 240U, 4);
    put(8, ssrc, 4);
    return packet;
}

// An empty receiver report.
Bytes rtcp(std::uint32_t ssrc = 0x99) {
    Bytes packet{std::byte{0x80}, std::byte{201}, std::byte{0}, std::byte{1}};
    for (int i = 3; i >= 0; --i) packet.push_back(static_cast<std::byte>(ssrc >> (8 * i)));
    return packet;
}

Bytes sealed(Sealer& sealer, Bytes packet, bool control = false) {
    const auto length = packet.size();
    packet.resize(length + overhead_max);
    packet.resize(control ? sealer.seal_rtcp(packet, length) : sealer.seal_rtp(packet, length));
    return packet;
}

Opened open(Opener& opener, Bytes packet, const Bytes* wanted = nullptr, bool control = false) {
    std::span<std::byte> view(packet);
    const auto opened = control ? opener.open_rtcp(view) : opener.open_rtp(view);
    EXPECT_TRUE(!wanted || opened != Opened::good || std::ranges::equal(view, *wanted));
    return opened;
}

struct Ends {
    Sealer sealer = *Sealer::open(key());
    Opener opener = *Opener::open(key());
};

TEST(Srtp, WhatWasSealedOpensAsItWasOnce) {
    Ends ends;
    for (std::uint32_t n = 0; n < 140'000; ++n) {  // the number wraps twice
        const auto packet = rtp(static_cast<std::uint16_t>(n));
        const auto closed = sealed(ends.sealer, packet);
        ASSERT_EQ(closed.size(), packet.size() + 10);
        ASSERT_FALSE(std::equal(packet.begin() + 12, packet.end(), closed.begin() + 12)) << "the payload is hidden";
        ASSERT_EQ(open(ends.opener, closed, &packet), Opened::good) << n;
        if (n % 1000 == 0) open(ends.opener, closed);
    }
    EXPECT_EQ(ends.opener.counters().good, 140'000U);
    EXPECT_EQ(ends.opener.counters().replayed, 140U);
}

TEST(Srtp, LateAndReorderedPacketsOpenWithinTheWindow) {
    Ends ends;
    std::vector<Bytes> closed;
    for (std::uint16_t n = 0; n < 1000; ++n) closed.push_back(sealed(ends.sealer, rtp(n)));
    EXPECT_EQ(open(ends.opener, closed[999]), Opened::good);
    for (std::size_t n = 0; n < 999; ++n) ASSERT_EQ(open(ends.opener, closed[n]), Opened::good) << n;
    for (std::uint16_t n = 1000; n < 2100; ++n) open(ends.opener, sealed(ends.sealer, rtp(n)));
    EXPECT_EQ(open(ends.opener, closed[999]), Opened::replayed);
}

TEST(Srtp, ControlIsSealedToo) {
    Ends ends;
    const auto packet = rtcp();
    const auto first = sealed(ends.sealer, packet, true), second = sealed(ends.sealer, packet, true);
    EXPECT_NE(first, second);
    EXPECT_EQ(open(ends.opener, first, &packet, true), Opened::good);
    EXPECT_EQ(open(ends.opener, second, &packet, true), Opened::good);
    EXPECT_EQ(open(ends.opener, first, nullptr, true), Opened::replayed);
}

TEST(Srtp, NothingElseOpens) {
    for (const bool control : {false, true}) {
        Ends ends;
        const auto whole = control ? sealed(ends.sealer, rtcp(), true) : sealed(ends.sealer, rtp(7));
        for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
            auto damaged = whole;
            damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
            ASSERT_NE(open(ends.opener, damaged, nullptr, control), Opened::good) << "bit " << bit;
        }
        for (std::size_t size = 0; size < whole.size(); ++size)
            ASSERT_NE(open(ends.opener, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                           nullptr, control),
                      Opened::good);
        auto other = *Sealer::open(key('b'));
        EXPECT_EQ(open(ends.opener, control ? sealed(other, rtcp(), true) : sealed(other, rtp(7)), nullptr, control),
                  Opened::forged);
        EXPECT_EQ(open(ends.opener, whole, nullptr, control), Opened::good) << "and the right one still does";
        EXPECT_GT(ends.opener.counters().forged, whole.size());
        EXPECT_GT(ends.opener.counters().malformed, 0U);
    }
}

TEST(Srtp, ForgeriesOfManySourcesCostTheRightOneNothing) {
    Ends ends;
    auto other = *Sealer::open(key('b'));
    for (std::uint32_t ssrc = 0; ssrc < 5000; ++ssrc)
        EXPECT_EQ(open(ends.opener, sealed(other, rtp(1, ssrc))), Opened::forged);
    EXPECT_EQ(open(ends.opener, sealed(ends.sealer, rtp(1))), Opened::good);
}

TEST(Srtp, WhatIsNoPacketIsNotSealed) {
    auto sealer = *Sealer::open(key());
    Bytes buffer(64);
    EXPECT_EQ(sealer.seal_rtp(buffer, 11), 0U);
    EXPECT_EQ(sealer.seal_rtp(buffer, 60), 0U) << "no room";
    EXPECT_EQ(sealer.seal_rtcp(buffer, 7), 0U);
}

TEST(Srtp, AKeyIs60HexadecimalDigits) {
    for (const auto& wrong :
         {std::string(59, 'a'), std::string(61, 'a'), std::string(60, 'g'), std::string(60, 'A'), std::string()}) {
        const auto refused = Key::from_hex(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().what.find("aaaa"), std::string::npos) << "it is not repeated";
    }
    EXPECT_EQ(key('1').view()[3], std::byte{0x11});
}

}  // namespace
}  // namespace antiphon::srtp
