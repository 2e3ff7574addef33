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

Bytes sealed(Sealer& sealer, Bytes packet, Index index) {
    const auto length = packet.size();
    packet.resize(length + overhead_max);
    packet.resize(sealer.seal_rtp(packet, length, index));
    return packet;
}
Bytes sealed(Sealer& sealer, Index index) { return sealed(sealer, rtp(static_cast<std::uint16_t>(index)), index); }

Opened open(Opener& opener, Bytes packet, Index index, const Bytes* wanted = nullptr) {
    std::span<std::byte> view(packet);
    const auto opened = opener.open_rtp(view, index);
    EXPECT_TRUE(!wanted || opened != Opened::good || std::ranges::equal(view, *wanted));
    return opened;
}

Bytes sealed_control(Sealer& sealer, Bytes packet = rtcp()) {
    const auto length = packet.size();
    packet.resize(length + overhead_max);
    packet.resize(sealer.seal_rtcp(packet, length));
    return packet;
}

Opened open_control(Opener& opener, Bytes packet, const Bytes* wanted = nullptr) {
    std::span<std::byte> view(packet);
    const auto opened = opener.open_rtcp(view);
    EXPECT_TRUE(!wanted || opened != Opened::good || std::ranges::equal(view, *wanted));
    return opened;
}

struct Ends {
    Sealer sealer = *Sealer::open(key());
    Opener opener = *Opener::open(key());
};

TEST(Srtp, WhatWasSealedOpensAsItWasOnce) {
    Ends ends;
    for (Index n = 0; n < 140'000; ++n) {  // the number wraps twice
        const auto packet = rtp(static_cast<std::uint16_t>(n));
        const auto closed = sealed(ends.sealer, packet, n);
        ASSERT_EQ(closed.size(), packet.size() + 10);
        ASSERT_FALSE(std::equal(packet.begin() + 12, packet.end(), closed.begin() + 12)) << "the payload is hidden";
        ASSERT_EQ(open(ends.opener, closed, n, &packet), Opened::good) << n;
        if (n % 1000 == 0) open(ends.opener, closed, n);
    }
    EXPECT_EQ(ends.opener.counters().good, 140'000U);
    EXPECT_EQ(ends.opener.counters().replayed, 140U);
}

TEST(Srtp, LateAndReorderedPacketsOpenWithinTheWindow) {
    constexpr Index first = 65'000;  // the number wraps on the way
    Ends ends;
    std::vector<Bytes> closed;
    for (Index n = 0; n < 1000; ++n) closed.push_back(sealed(ends.sealer, first + n));
    EXPECT_EQ(open(ends.opener, closed[999], first + 999), Opened::good);
    for (Index n = 0; n < 999; ++n) ASSERT_EQ(open(ends.opener, closed[n], first + n), Opened::good) << n;
    for (Index n = 1000; n < 2100; ++n) open(ends.opener, sealed(ends.sealer, first + n), first + n);
    EXPECT_EQ(open(ends.opener, closed[999], first + 999), Opened::replayed);
}

TEST(Srtp, WhoComesLateOpensWhatComes) {
    for (const Index first : {Index{1}, Index{65'535}, Index{65'536}, Index{100'000}, Index{1} << 24, Index{1} << 40}) {
        auto sealer = *Sealer::open(key());
        for (const Index joined : {Index{0}, Index{300}, Index{70'000}}) {
            auto opener = *Opener::open(key());
            for (Index n = first + joined; n < first + joined + 100; ++n)
                ASSERT_EQ(open(opener, sealed(sealer, n), n), Opened::good) << n;
        }
    }
}

TEST(Srtp, AGapOfAnyLengthIsNoEnd) {
    for (const Index gap :
         {Index{30'000}, Index{32'767}, Index{32'768}, Index{32'769}, Index{65'536}, Index{10'000'000}})
        for (const Index first : {Index{5}, Index{40'000}, Index{100'000}}) {
            Ends ends;
            EXPECT_EQ(open(ends.opener, sealed(ends.sealer, first), first), Opened::good);
            // It hears nothing meanwhile, or the sender stands still.
            for (Index n = first + gap; n < first + gap + 200'000; n += 1009)
                ASSERT_EQ(open(ends.opener, sealed(ends.sealer, n), n), Opened::good) << first << " " << gap;
        }
}

TEST(Srtp, ForgeriesFromAnotherTimeCostTheRightOneNothing) {
    Ends ends;
    auto other = *Sealer::open(key('b'));
    const auto forge = [&](Index n) { EXPECT_EQ(open(ends.opener, sealed(other, n), n), Opened::forged) << n; };
    forge(70'000);
    EXPECT_EQ(open(ends.opener, sealed(ends.sealer, 10), 10), Opened::good);
    forge(140'000);
    EXPECT_EQ(open(ends.opener, sealed(ends.sealer, 11), 11), Opened::good);
    forge(280'000);
    forge(300'000);
    for (Index n = 200'000; n < 400'000; n += 1009)
        ASSERT_EQ(open(ends.opener, sealed(ends.sealer, n), n), Opened::good);
}

TEST(Srtp, WhatIsSealedAgainIsTheSame) {
    Ends ends;
    std::vector<Bytes> closed;
    for (Index n = 65'500; n < 65'600; ++n) closed.push_back(sealed(ends.sealer, n));
    for (Index n = 65'500; n < 65'600; n += 7) {
        EXPECT_EQ(sealed(ends.sealer, n), closed[n - 65'500]);
        EXPECT_EQ(open(ends.opener, closed[n - 65'500], n), Opened::good);
    }
}

TEST(Srtp, ControlIsSealedToo) {
    Ends ends;
    const auto packet = rtcp();
    const auto first = sealed_control(ends.sealer), second = sealed_control(ends.sealer);
    EXPECT_NE(first, second);
    EXPECT_EQ(open_control(ends.opener, first, &packet), Opened::good);
    EXPECT_EQ(open_control(ends.opener, second, &packet), Opened::good);
    EXPECT_EQ(open_control(ends.opener, first), Opened::replayed);
}

// With `open_one`, nothing opens but `whole`, and `foreign`, sealed with another key, is a forgery.
template <class OpenOne>
void expect_nothing_else_opens(const Opener& opener, const OpenOne& open_one, const Bytes& whole,
                               const Bytes& foreign) {
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        auto damaged = whole;
        damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
        ASSERT_NE(open_one(damaged), Opened::good) << "bit " << bit;
    }
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_NE(open_one(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), Opened::good);
    EXPECT_EQ(open_one(foreign), Opened::forged);
    EXPECT_EQ(open_one(whole), Opened::good) << "and the right one still does";
    EXPECT_GT(opener.counters().forged, whole.size());
    EXPECT_GT(opener.counters().malformed, 0U);
}

TEST(Srtp, NothingElseOpens) {
    Ends ends;
    auto other = *Sealer::open(key('b'));
    expect_nothing_else_opens(
        ends.opener, [&](const Bytes& packet) { return open(ends.opener, packet, 7); }, sealed(ends.sealer, 7),
        sealed(other, 7));
}

TEST(Srtp, NoControlElseOpens) {
    Ends ends;
    auto other = *Sealer::open(key('b'));
    expect_nothing_else_opens(
        ends.opener, [&](const Bytes& packet) { return open_control(ends.opener, packet); },
        sealed_control(ends.sealer), sealed_control(other));
}

TEST(Srtp, ControlOfManyForgedSourcesCostsTheRightOneNothing) {
    Ends ends;
    auto other = *Sealer::open(key('b'));
    for (std::uint32_t ssrc = 0; ssrc < 5000; ++ssrc)
        EXPECT_EQ(open_control(ends.opener, sealed_control(other, rtcp(ssrc))), Opened::forged);
    EXPECT_EQ(open_control(ends.opener, sealed_control(ends.sealer)), Opened::good);
}

TEST(Srtp, WhatIsNoPacketIsNotSealed) {
    auto sealer = *Sealer::open(key());
    auto buffer = rtp(7);
    buffer.resize(64);
    EXPECT_EQ(sealer.seal_rtp(buffer, 11, 7), 0U);
    EXPECT_EQ(sealer.seal_rtp(buffer, 60, 7), 0U) << "no room";
    EXPECT_EQ(sealer.seal_rtp(buffer, 40, 8), 0U) << "another number";
    EXPECT_EQ(sealer.seal_rtcp(buffer, 7), 0U);
    EXPECT_GT(sealer.seal_rtp(buffer, 40, 7), 0U);
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
