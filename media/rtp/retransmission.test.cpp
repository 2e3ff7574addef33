// Laws of retransmission: a packet comes back as it was, not twice at once, and nobody asks for more than there is.
#include "media/rtp/retransmission.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace antiphon::rtp {
namespace {

using Bytes = std::vector<std::byte>;
using std::chrono::milliseconds;

core::LocalTime at(int ms) { return core::LocalTime{} + milliseconds(ms); }

Bytes payload_of(std::uint16_t sequence) { return Bytes(1 + sequence % 100U, static_cast<std::byte>(sequence)); }

TEST(SentPackets, ComeBackAsTheyWere) {
    SentPackets sent({.packets = 64});
    int now = 0;
    for (std::uint32_t n = 65'000; n < 66'000; ++n, now += 5) {
        const auto sequence = static_cast<std::uint16_t>(n);
        ASSERT_TRUE(sent.keep(sequence, 240 * n, n % 7 == 0, payload_of(sequence), 10, at(now)));
        if (n % 20 != 0) continue;
        const auto wanted = static_cast<std::uint16_t>(n - 30);
        const auto again = sent.again(wanted, at(now));
        if (n < 65'040) continue;
        ASSERT_TRUE(again) << n;
        EXPECT_EQ(again->timestamp, 240 * (n - 30));
        const auto read = parse_retransmission(again->payload);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->sequence, wanted);
        EXPECT_TRUE(std::ranges::equal(read->payload, payload_of(wanted)));
    }
    EXPECT_FALSE(sent.again(static_cast<std::uint16_t>(65'999 - 64), at(now))) << "its place is taken";
    EXPECT_FALSE(sent.again(7, at(now)));
    EXPECT_FALSE(sent.keep(1, 0, false, Bytes(1453), 1, at(now)));
    EXPECT_FALSE(sent.again(1, at(now))) << "it was not kept";
}

TEST(SentPackets, WhereARepairReachesAllItGoesOnceForAllWhoAskAtOnce) {
    SentPackets sent({.again_after = milliseconds(4)});
    sent.keep(1, 0, false, payload_of(1), 10, at(0));
    EXPECT_FALSE(sent.again(1, at(3))) << "it has just been sent";
    EXPECT_TRUE(sent.again(1, at(10)));
    for (int i = 0; i < 30; ++i) EXPECT_FALSE(sent.again(1, at(11)));
    EXPECT_TRUE(sent.again(1, at(15)));
    EXPECT_EQ(sent.counters().just_sent, 31U);
    EXPECT_EQ(sent.counters().resent, 2U);
}

TEST(SentPackets, WhoAsksForEverythingGetsItsShare) {
    SentPackets sent({.repair_share_max = 0.25});
    for (std::uint32_t n = 0; n < 10'000; ++n) {
        const auto now = at(static_cast<int>(n) * 5);
        sent.keep(static_cast<std::uint16_t>(n), 0, false, payload_of(1), 4, now);
        for (std::uint32_t back = 1; back < 40 && back <= n; ++back)
            sent.again(static_cast<std::uint16_t>(n - back), now);
    }
    EXPECT_NEAR(static_cast<double>(sent.counters().resent), 10'000, 250);
    EXPECT_GT(sent.counters().over_budget, 90'000U);
}

TEST(Retransmission, OfWhatIsTooShortIsNone) {
    EXPECT_FALSE(parse_retransmission(Bytes(1)));
    ASSERT_TRUE(parse_retransmission(Bytes(2)));
    EXPECT_TRUE(parse_retransmission(Bytes(2))->payload.empty());
}

}  // namespace
}  // namespace antiphon::rtp
