// Laws of RTCP: what is written is read as it was; lengths that lie are not believed; no time is lost on the way.
#include "media/rtp/rtcp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace antiphon::rtp {
namespace {

using Bytes = std::vector<std::byte>;
using Numbers = std::vector<std::uint16_t>;

const ReportBlock block{1, 2, -3, 4, 5, 6, 7};

Bytes compound(const Numbers& missing = {5, 6, 22, 23}) {
    Bytes out(512);
    ControlWriter writer(out);
    const std::array blocks{block, ReportBlock{.ssrc = 9, .lost = 70'000}};
    writer.report(SenderReport{0xa1a2a3a4, 0x0102030405060708, 3, 4, 5}, blocks);
    writer.name({0xa1a2a3a4, "coordinator@hall"});
    writer.nack(0xb1b2b3b4, 0xc1c2c3c4, missing);
    writer.goodbye(0xd1d2d3d4);
    out.resize(writer.size());
    return out;
}

Numbers asked(const Bytes& bytes) {
    ControlReader reader(bytes);
    Numbers numbers(1000);
    while (const auto control = reader.next())
        if (const auto* nack = std::get_if<Nack>(&*control)) {
            numbers.resize(nack->sequences(numbers));
            return numbers;
        }
    return {};
}

TEST(Rtcp, IsReadAsItWasWritten) {
    const auto bytes = compound();
    ASSERT_FALSE(bytes.empty());
    EXPECT_EQ(bytes.size() % 4, 0U);
    ControlReader reader(bytes);
    EXPECT_EQ(std::get<SenderReport>(*reader.next()), (SenderReport{0xa1a2a3a4, 0x0102030405060708, 3, 4, 5}));
    ASSERT_EQ(reader.blocks(), 2U);
    EXPECT_EQ(reader.block(0), block);
    EXPECT_EQ(reader.block(1).lost, 70'000);
    EXPECT_EQ(std::get<CanonicalName>(*reader.next()), (CanonicalName{0xa1a2a3a4, "coordinator@hall"}));
    const auto nack = std::get<Nack>(*reader.next());
    EXPECT_EQ(nack.sender_ssrc, 0xb1b2b3b4);
    EXPECT_EQ(nack.media_ssrc, 0xc1c2c3c4);
    EXPECT_EQ(std::get<Goodbye>(*reader.next()), (Goodbye{0xd1d2d3d4}));
    EXPECT_FALSE(reader.next());
}

TEST(Rtcp, ANackNamesWhatIsMissingInFewPairs) {
    EXPECT_EQ(asked(compound()), (Numbers{5, 6, 22, 23}));
    EXPECT_EQ(asked(compound({65'534, 65'535, 0, 9, 300})), (Numbers{65'534, 65'535, 0, 9, 300})) << "over the wrap";
    std::mt19937 random(1);
    for (int run = 0; run < 200; ++run) {
        Numbers missing;
        for (unsigned number = random() % 65'536, i = 0; i < 40; ++i, number += 1 + random() % 30)
            missing.push_back(static_cast<std::uint16_t>(number));
        ASSERT_EQ(asked(compound(missing)), missing);
    }
    Numbers seventeen;
    for (std::uint16_t i = 0; i < 17; ++i) seventeen.push_back(i);
    EXPECT_EQ(compound(seventeen).size(), compound({1}).size()) << "one pair holds 17";
}

TEST(Rtcp, LengthsThatLieAreNotBelieved) {
    const auto whole = compound();
    ASSERT_TRUE(is_compound(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        ControlReader reader(cut);
        int read = 0;
        while (reader.next()) ++read;
        EXPECT_EQ(read > 0, is_compound(cut)) << size;
    }
    auto not_first = whole;
    not_first[1] = std::byte{205};
    EXPECT_FALSE(is_compound(not_first)) << "it has to begin with a report";
    auto padded = whole;
    padded[0] |= std::byte{0x20};
    EXPECT_FALSE(is_compound(padded)) << "only the last may be padded";
}

TEST(Rtcp, AnythingMayComeAndNothingBreaks) {
    std::mt19937 random(4);
    for (int run = 0; run < 50'000; ++run) {
        auto bytes = compound();
        for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        ControlReader reader(bytes);
        Numbers numbers(64);
        while (const auto control = reader.next()) {
            for (std::size_t i = 0; i < reader.blocks() + 1; ++i) reader.block(i);
            const auto* nack = std::get_if<Nack>(&*control);
            ASSERT_LE(nack ? nack->sequences(numbers) : 0, numbers.size());
        }
    }
}

TEST(Rtcp, ClusterTimeComesBackToTheNanosecond) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto ns = static_cast<std::int64_t>(random() % 4'000'000'000'000'000'000U);
        ASSERT_EQ(cluster_ns_of(ntp_of(ns)), ns);
    }
    for (const std::int64_t ns :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999'999}, std::int64_t{1'000'000'000}})
        EXPECT_EQ(cluster_ns_of(ntp_of(ns)), ns);
}

TEST(Rtcp, WhatHasNoRoomIsNotWritten) {
    Bytes out(20);
    ControlWriter writer(out);
    writer.report(SenderReport{});
    EXPECT_EQ(writer.size(), 0U);
}

}  // namespace
}  // namespace antiphon::rtp
