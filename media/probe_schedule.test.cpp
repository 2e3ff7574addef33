// Laws of the probe schedule: twenty fast, then as many as are needed, on a grid that lateness does not shift.
#include "media/probe_schedule.hpp"

#include <gtest/gtest.h>

namespace antiphon::media {
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

// By what an estimate lacks: three times too much of it, three times as many probes.
TEST(ProbeSchedule, IsAsDenseAsTheEstimateNeeds) {
    ProbeSchedule schedule(start, {.burst_probes = 0});
    const auto interval = [&](core::Duration sampling_error) {
        schedule.pace(sampling_error);
        schedule.sent(schedule.next());
        const auto before = schedule.next();
        schedule.sent(before);
        return schedule.next() - before;
    };
    EXPECT_EQ(interval({}), milliseconds{100});
    EXPECT_EQ(interval(std::chrono::microseconds{3}), milliseconds{100});
    EXPECT_EQ(interval(std::chrono::microseconds{6}), milliseconds{50});
    EXPECT_EQ(interval(std::chrono::microseconds{100}), milliseconds{20});
    EXPECT_EQ(interval(std::chrono::hours{1}), milliseconds{20});
    EXPECT_EQ(interval(std::chrono::microseconds{1}), milliseconds{100});
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
}  // namespace antiphon::media
