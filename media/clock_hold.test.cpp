// Laws of holdover: a pause never makes the map in force worse than going on by it, and a clock that was stepped is
// followed all the same. The errors are printed.
#include "media/clock_hold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr core::ClockIncarnation life{7};
constexpr double second = 1e9;

// A worker that asks ten times a second.
struct Sync {
    explicit Sync(unsigned seed) : random(seed) {}

    void ask_until(double end_ns, const Path& path) {
        for (; t < end_ns; t += second / 10) {
            if (const auto e = exchange(random, local, cluster, path, t)) filter.add(*e);
            hold.follow(filter);
            worst_ns = std::max(worst_ns, error_ns(*hold.map()));
        }
    }
    double error_ns(const ClockMap& map) const {
        return std::abs(static_cast<double>(map.to_cluster({local.stamp(t)})) - cluster.shows(t));
    }
    double error_ns() const { return error_ns(*hold.map()); }

    Random random;
    Crystal local{3e12, 80};
    Crystal cluster{-5e14, 0};
    ClockFilter filter{life};
    ClockHold hold;
    double t = 0;
    double worst_ns = 0;
};

void start(Sync& sync, const Path& path) {
    while (!sync.hold.map() && sync.t < 10 * second) {
        if (const auto e = exchange(sync.random, sync.local, sync.cluster, path, sync.t)) sync.filter.add(*e);
        sync.hold.follow(sync.filter);
        sync.t += second / 50;
    }
}

double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

TEST(ClockHold, AfterAPauseGoesOnByTheOldMapUntilTheNewOneIsAsGood) {
    std::vector<double> held_us, after_us, newest_us, end_us;
    for (unsigned seed = 0; seed < 100; ++seed) {
        Sync sync(seed);
        start(sync, jittery_path());
        ASSERT_TRUE(sync.hold.map());
        sync.ask_until(60 * second, jittery_path());
        sync.t += 130 * second;  // longer than the filter looks back
        held_us.push_back(sync.error_ns() / 1e3);

        sync.worst_ns = 0;
        double newest_ns = 0;
        for (const double end = sync.t + 30 * second; sync.t < end;) {
            sync.ask_until(sync.t + 1, jittery_path());
            newest_ns = std::max(newest_ns, sync.error_ns(*sync.filter.estimate()));
        }
        after_us.push_back(sync.worst_ns / 1e3);
        newest_us.push_back(newest_ns / 1e3);
        end_us.push_back(sync.error_ns() / 1e3);
    }
    std::printf("130 s of holdover: error us p50 %.0f p95 %.0f max %.0f; ", quantile(held_us, 0.5),
                quantile(held_us, 0.95), quantile(held_us, 1));
    std::printf("in force then p50 %.0f p95 %.0f max %.0f; ", quantile(after_us, 0.5), quantile(after_us, 0.95),
                quantile(after_us, 1));
    std::printf("newest p50 %.0f max %.0f; after 30 s p95 %.0f\n", quantile(newest_us, 0.5), quantile(newest_us, 1),
                quantile(end_us, 0.95));
    EXPECT_LT(quantile(after_us, 0.95), 2 * quantile(held_us, 0.95));
    EXPECT_LT(quantile(after_us, 1), 2 * quantile(held_us, 1));
    EXPECT_GT(quantile(newest_us, 0.5), 2 * quantile(after_us, 0.95));
    EXPECT_LT(quantile(end_us, 0.95), 300);
}

TEST(ClockHold, TheMapIsNeverOldWhileAnswersComeEvenWhenTheNetworkGetsWorse) {
    Sync sync(3);
    start(sync, quiet_path());
    double oldest_ns = 0;
    while (sync.t < 90 * second) {
        sync.ask_until(sync.t + 1, sync.t < 45 * second ? quiet_path() : jittery_path());
        oldest_ns = std::max(oldest_ns, static_cast<double>(sync.local.stamp(sync.t) - sync.hold.map()->local.ns));
    }
    std::printf("the oldest map in force: %.1f s\n", oldest_ns / second);
    EXPECT_LT(oldest_ns, 2 * second);
}

TEST(ClockHold, FollowsAStepAtOnceEvenOneThatHappenedInAPause) {
    for (const double pause_ns : {0.0, 40 * second})
        for (const double step_ns : {30e6, -3e6}) {
            SCOPED_TRACE(step_ns);
            SCOPED_TRACE(pause_ns);
            Sync sync(5);
            start(sync, quiet_path());
            sync.ask_until(40 * second, quiet_path());
            sync.t += pause_ns;
            sync.cluster.offset_ns += step_ns;
            sync.ask_until(sync.t + second, quiet_path());
            EXPECT_LT(sync.error_ns(), 300e3);
        }
}

TEST(ClockHold, TheFirstMapOfAClockHasToBeGoodEnough) {
    ClockFilter filter(life);
    ClockHold hold;
    EXPECT_FALSE(hold.follow(filter));
    filter.add({{0}, 900'000'000, 900'000'000, {5'000'000}});
    EXPECT_FALSE(hold.follow(filter));
    EXPECT_FALSE(hold.map());
    filter.add({{10'000'000}, 910'100'000, 910'100'000, {10'200'000}});
    EXPECT_TRUE(hold.follow(filter));
    const auto old = *hold.map();

    filter.restart({8});
    EXPECT_FALSE(hold.follow(filter));
    filter.add({{20'000'000}, 5'000'000, 5'000'000, {25'000'000}});
    EXPECT_FALSE(hold.follow(filter));
    EXPECT_EQ(hold.map()->incarnation, old.incarnation);
    filter.add({{30'000'000}, 12'500'000, 12'500'000, {30'200'000}});
    EXPECT_TRUE(hold.follow(filter));
    EXPECT_EQ(hold.map()->incarnation.value, 8U);
}

TEST(ClockHold, TheErrorOfAHeldMapGrowsByMoreThanItsDriftsError) {
    ClockFilter filter(life);
    ClockHold hold;
    filter.add({{0}, 900'000'000, 900'000'000, {1'000'000}});
    ASSERT_TRUE(hold.follow(filter));
    const auto later = hold.map()->local + std::chrono::seconds(100);
    EXPECT_EQ(hold.error_at(later) - hold.map()->error_at(later), std::chrono::microseconds(100));
}

}  // namespace
}  // namespace antiphon::media
