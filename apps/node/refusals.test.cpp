// Laws of refusals: each is counted, few are told.
#include "apps/node/refusals.hpp"

#include <gtest/gtest.h>

namespace antiphon::node {
namespace {

TEST(Refusals, AFloodIsCountedAndToldOnceInTenSeconds) {
    Refusals refusals;
    core::LocalTime now{};
    int told = 0;
    for (int i = 0; i < 100'000; ++i) {
        told += refusals.count(now) ? 1 : 0;
        now = now + std::chrono::milliseconds(1);
    }
    EXPECT_EQ(told, 10);
    EXPECT_EQ(refusals.refused(), 100'000u);
}

TEST(Refusals, TheFirstIsToldAtOnceAndSoIsOneAfterAPause) {
    Refusals refusals;
    const core::LocalTime begun{};
    EXPECT_TRUE(refusals.count(begun));
    EXPECT_FALSE(refusals.count(begun + Refusals::tell_each - core::Duration(1)));
    EXPECT_TRUE(refusals.count(begun + Refusals::tell_each));
    EXPECT_EQ(refusals.refused(), 3u);
}

}  // namespace
}  // namespace antiphon::node
