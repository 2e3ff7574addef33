// Laws of a node's clock: one secret error in everything it tells, the same after a restart, and consistent with
// itself.
#include "adapters/virtual_audio/room_clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "adapters/virtual_audio/fixtures.test.hpp"

namespace antiphon::virtual_audio {
namespace {

using namespace std::chrono_literals;

constexpr double ppm_max = 100;

struct RoomClockTest : testing::Test {
    // The rate error as an outside observer finds it, over 1000 s.
    double ppm_of(const RoomClock& clock) {
        const auto before = clock.now();
        time.at = time.at + 1000s;
        return (static_cast<double>((clock.now() - before).count()) - 1e12) / 1e6;
    }

    TemporaryFolder folder;
    Room room = *Room::open(folder.path());
    ManualTime time;
};

TEST_F(RoomClockTest, IsWrongByUpTo1000SecondsAnd100PpmAndDifferentlyForEachNode) {
    std::set<std::int64_t> readings;
    std::set<double> rates;
    for (int i = 0; i < 50; ++i) {
        time.at = TrueTime{5'000'000'000};
        const RoomClock clock(room, "node-" + std::to_string(i), time);
        const double offset_s = static_cast<double>(clock.now().ns - time.at.ns) * 1e-9 - 1000;
        EXPECT_LE(std::abs(offset_s), 1000.001);
        EXPECT_GE(clock.now().ns, 0);
        readings.insert(clock.now().ns);
        const double ppm = ppm_of(clock);
        EXPECT_LE(std::abs(ppm), ppm_max + 0.001);
        rates.insert(ppm);
    }
    EXPECT_EQ(readings.size(), 50U);
    EXPECT_GT(*rates.rbegin() - *rates.begin(), ppm_max) << "50 draws spread over the range";
}

TEST_F(RoomClockTest, IsTheSameAfterARestartOfTheNode) {
    const auto before = RoomClock(room, "hall", time).now();
    const Room reopened = *Room::open(folder.path());
    EXPECT_EQ(RoomClock(reopened, "hall", time).now(), before);
    EXPECT_NE(RoomClock(reopened, "bar", time).now(), before);
}

TEST_F(RoomClockTest, BendsWallTimeByTheSameError) {
    const RoomClock clock(room, "hall", time);
    const auto error = [&] { return clock.wall().ns - time.realtime().count(); };
    const auto local_error = [&] { return clock.now().ns - time.at.ns; };
    const auto apart = local_error() - error();
    time.at = time.at + 3600s;
    EXPECT_EQ(local_error() - error(), apart);
    EXPECT_NE(error(), 0);
}

TEST_F(RoomClockTest, PlacesAKernelStampByItsAgeOnItsOwnTimeLine) {
    const RoomClock clock(room, "hall", time);
    const auto event = clock.now();
    const auto stamp = time.realtime();
    time.at = time.at + 250ms;
    EXPECT_EQ(clock.from_kernel_stamp(stamp), event);
    EXPECT_EQ(clock.from_kernel_stamp(time.realtime() + 1s), clock.now()) << "a stamp in the future counts as now";
    time.since_1970 += 24h * 3650;  // somebody sets the machine's wall clock: nothing local moves
    EXPECT_EQ(clock.from_kernel_stamp(time.realtime() - 250ms), event);
}

// Held up wherever it is told to be: before the nth reading of a clock.
class HeldUpTime final : public TrueClock {
  public:
    TrueTime now() const noexcept override { return {read()}; }
    std::chrono::nanoseconds realtime() const noexcept override {
        return since_1970 + std::chrono::nanoseconds{read()};
    }
    void wait_until(TrueTime) const noexcept override {}

    static constexpr std::chrono::nanoseconds since_1970 = 24h * 365 * 56;
    static constexpr std::int64_t held_up_ns = 211'000;
    mutable std::int64_t true_ns = 5'000'000'000;
    mutable int readings = 0;
    std::set<int> held_up_before;

  private:
    std::int64_t read() const noexcept { return true_ns += held_up_before.contains(readings++) ? held_up_ns : 50; }
};

TEST_F(RoomClockTest, AStampIsNeverEarlyHoweverTheThreadIsHeldUp) {
    for (int where = 0; where < 12; ++where) {
        HeldUpTime held;
        const RoomClock clock(room, "hall", held);
        const auto event = clock.now();
        const auto stamp = HeldUpTime::since_1970 + std::chrono::nanoseconds{held.true_ns};
        held.readings = 0;
        held.held_up_before = {where};
        EXPECT_NEAR(static_cast<double>((clock.from_kernel_stamp(stamp) - event).count()), 0, 60) << where;
        held.readings = 0;
        held.held_up_before = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        EXPECT_GE(clock.from_kernel_stamp(stamp) - event, 0ns) << "late is a delay; early would be a lie";
    }
}

TEST_F(RoomClockTest, PlacesAStampOfTheMonotonicClockOnItsOwnTimeLine) {
    const RoomClock clock(room, "hall", time);
    const auto event = clock.now();
    const std::chrono::steady_clock::time_point stamp{std::chrono::nanoseconds{time.at.ns}};
    time.at = time.at + 250ms;
    EXPECT_EQ(clock.from_steady(stamp), event);
    EXPECT_EQ(clock.from_steady(stamp + 1s), clock.now()) << "a stamp in the future counts as now";
}

TEST_F(RoomClockTest, WaitingAsLongAsItSaysReachesTheTimeAndNoMore) {
    for (int i = 0; i < 20; ++i) {
        const RoomClock clock(room, "node-" + std::to_string(i), time);
        const auto until = clock.now() + 10s + std::chrono::nanoseconds{i};
        time.at = time.at + clock.wait_for(until);
        EXPECT_GE(clock.now(), until);
        EXPECT_LE(clock.now() - until, 3ns);
    }
}

TEST_F(RoomClockTest, WaitsZeroForThePastAndADurationForTheEndOfTime) {
    const RoomClock clock(room, "hall", time);
    EXPECT_EQ(clock.wait_for(clock.now()), 0ns);
    EXPECT_EQ(clock.wait_for(core::LocalTime{std::numeric_limits<std::int64_t>::min()}), 0ns);
    EXPECT_GT(clock.wait_for(core::LocalTime{std::numeric_limits<std::int64_t>::max()}), 24h * 36500);
}

}  // namespace
}  // namespace antiphon::virtual_audio
