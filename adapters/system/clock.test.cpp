// Laws of the system clock: it does not go back, and kernel stamps land where the event was.
#include "adapters/system/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace antiphon::system {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(SystemClock, NeverGoesBack) {
    const SystemClock clock;
    auto last = clock.now();
    for (int i = 0; i < 10000; ++i) {
        const auto now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(SystemClock, IsTheSteadyClockOfTheLibrary) {
    const SystemClock clock;
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    const auto now = clock.now();
    const auto after = std::chrono::steady_clock::now().time_since_epoch();
    EXPECT_LE(before.count(), now.ns);
    EXPECT_GE(after.count(), now.ns);
}

TEST(SystemClock, ConvertsAKernelStampByItsAge) {
    const SystemClock clock;
    const auto before = clock.now();
    const nanoseconds stamp{clock.wall().ns};
    const auto after = clock.now();
    const auto converted = clock.from_kernel_stamp(stamp);
    EXPECT_GE(converted, before - microseconds{100});
    EXPECT_LE(converted, after + microseconds{100});
    const auto older = clock.from_kernel_stamp(stamp - milliseconds{250});
    EXPECT_NEAR(static_cast<double>((converted - older).count()), 250e6, 100e3);
}

TEST(SystemClock, TakesAStampOfTheMonotonicClockAsItIs) {
    const SystemClock clock;
    const auto stamp = std::chrono::steady_clock::now() - milliseconds{250};
    EXPECT_EQ(clock.from_steady(stamp).ns, stamp.time_since_epoch().count());
}

TEST(SystemClock, AStampInTheFutureCountsAsNow) {
    const SystemClock clock;
    const auto from_steady = clock.from_steady(std::chrono::steady_clock::now() + std::chrono::hours{1});
    EXPECT_LE(from_steady, clock.now());
    const auto converted = clock.from_kernel_stamp(nanoseconds{clock.wall().ns} + std::chrono::hours{1});
    EXPECT_LE(converted, clock.now());
    EXPECT_GE(converted, clock.now() - milliseconds{100});
}

TEST(SystemClock, WaitsUntilADeadlineAndNotForThePast) {
    const SystemClock clock;
    const auto wait = clock.wait_for(clock.now() + milliseconds{500});
    EXPECT_LE(wait, milliseconds{500});
    EXPECT_GT(wait, milliseconds{300});
    EXPECT_EQ(clock.wait_for(clock.now() - milliseconds{1}), nanoseconds{0});
}

}  // namespace
}  // namespace antiphon::system
