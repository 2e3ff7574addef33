// Laws of RFC 3550, A.1: numbers go on over the wrap, strangers' are not believed, a source may begin anew.
#include "media/rtp/source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace antiphon::rtp {
namespace {

std::uint16_t low(std::int64_t number) { return static_cast<std::uint16_t>(number); }

Source valid_at(std::int64_t number) {
    Source source;
    EXPECT_FALSE(source.number(low(number - 1)));
    EXPECT_TRUE(source.number(low(number)));
    return source;
}

TEST(RtpSource, IsValidOnceTwoPacketsFollowedOneAnother) {
    Source source;
    for (const std::uint16_t stray : {5, 9, 8, 100}) EXPECT_FALSE(source.number(stray));
    EXPECT_FALSE(source.valid());
    EXPECT_EQ(source.number(101), 65536 + 101);
    EXPECT_EQ(source.counters().on_probation, 4U);
}

TEST(RtpSource, NumbersGoOnOverTheWrapWhateverIsLostAndReordered) {
    std::mt19937 random(2);
    for (const std::int64_t start : {0, 65535, 65534, 40000}) {
        auto source = valid_at(start);
        const auto origin = source.highest() - start;
        std::vector<std::int64_t> sent;
        for (std::int64_t number = start + 1; number < start + 400'000; ++number)
            if (random() % 10 != 0) sent.push_back(number);
        for (std::size_t i = 0; i + 50 < sent.size(); i += 50)
            std::shuffle(sent.begin() + static_cast<std::ptrdiff_t>(i),
                         sent.begin() + static_cast<std::ptrdiff_t>(i) + 50, random);
        for (const auto number : sent) ASSERT_EQ(source.number(low(number)), origin + number);
        EXPECT_EQ(source.counters().restarts, 0U);
        EXPECT_EQ(source.counters().jumped, 0U);
    }
}

TEST(RtpSource, AJumpIsNotBelievedUntilTwoPacketsFollowOneAnotherThere) {
    auto source = valid_at(1000);
    EXPECT_TRUE(source.number(1000 + Source::max_dropout - 1));
    EXPECT_TRUE(source.number(1000 + Source::max_dropout - 1 - Source::max_misorder));
    const auto highest = source.highest();
    EXPECT_FALSE(source.number(30'000));
    EXPECT_FALSE(source.number(40'000));
    EXPECT_FALSE(source.number(30'001)) << "another one came between";
    EXPECT_EQ(source.highest(), highest);
    EXPECT_TRUE(source.number(low(highest + 1)));
    EXPECT_FALSE(source.number(30'002)) << "the source has spoken between";
    const auto anew = source.number(30'003);
    ASSERT_TRUE(anew);
    EXPECT_EQ(low(*anew), 30'003);
    EXPECT_GT(*anew, highest + 65536) << "nothing of before has such a number";
    EXPECT_EQ(source.counters().restarts, 1U);
    EXPECT_EQ(source.counters().jumped, 4U);
}

}  // namespace
}  // namespace antiphon::rtp
