// Laws of the probe schedule: twenty fast, then ten a second for ever, on a grid that lateness does not shift.
#include "adapters/net/probe_schedule.hpp"

#include <gtest/gtest.h>

namespace antiphon::net {
namespace {

using std::chrono::milliseconds;

constexpr core::LocalTime start{1'000'000'007};
constexpr core::LocalTime at(int ms) { return start + milliseconds{ms}; }

TEST(ProbeSchedule, SendsABurstOfTwentyThenTenASecond) {
    ProbeSchedule schedule(start);
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(schedule.next(), at(5 * i));
        schedule.sent(schedule.next());
    }
    for (int i = 1; i < 1000; ++i) {
        ASSERT_EQ(schedule.next(), at(95 + 100 * i));
        schedule.sent(schedule.next());
    }
}

TEST(ProbeSchedule, KeepsItsGridWhenProbesAreLate) {
    ProbeSchedule schedule(start, {.burst_probes = 0});
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(schedule.next(), at(100 * i));
        schedule.sent(at(100 * i + i % 100));
    }
}

TEST(ProbeSchedule, SkipsWhatWasMissedInsteadOfCatchingUp) {
    ProbeSchedule schedule(start);
    schedule.sent(at(42));
    EXPECT_EQ(schedule.next(), at(45));
    schedule.sent(at(3'600'000));
    EXPECT_EQ(schedule.next(), at(3'600'095));
    schedule.sent(at(3'600'095));
    EXPECT_EQ(schedule.next(), at(3'600'195));
}

TEST(ProbeSchedule, IsAlwaysAheadOfWhatWasSent) {
    ProbeSchedule schedule(start);
    for (int i = 0; i < 10000; ++i) {
        const auto now = schedule.next() + std::chrono::microseconds{(i * 7919) % 250'000};
        schedule.sent(now);
        ASSERT_GT(schedule.next(), now);
        ASSERT_LE(schedule.next(), now + milliseconds{100});
    }
}

}  // namespace
}  // namespace antiphon::net
