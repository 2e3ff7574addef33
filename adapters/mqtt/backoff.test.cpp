// Laws of the backoff: it grows to its limit and no further, and a crowd spreads out.
#include "adapters/mqtt/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace antiphon::mqtt {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesFromATenthOfASecondToFive) {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff({}, seed);
        core::Duration ceiling = milliseconds{100};
        for (int i = 0; i < 20; ++i) {
            const auto wait = backoff.next();
            ASSERT_GE(wait, ceiling / 2) << "seed " << seed;
            ASSERT_LE(wait, ceiling) << "seed " << seed;
            ceiling = std::min<core::Duration>(2 * ceiling, milliseconds{5000});
        }
        backoff.reset();
        ASSERT_LE(backoff.next(), milliseconds{100});
    }
}

TEST(Backoff, SpreadsACrowd) {
    std::set<core::Duration> waits;
    for (std::uint64_t seed = 0; seed < 100; ++seed) waits.insert(Backoff({}, seed).next());
    EXPECT_GT(waits.size(), 95U);
    EXPECT_GT(*waits.rbegin() - *waits.begin(), milliseconds{40});
}

TEST(Backoff, OneSeedOneSequence) {
    Backoff a({}, 7), b({}, 7);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next(), b.next());
}

}  // namespace
}  // namespace antiphon::mqtt
