// Laws of clock agreement, over simulated networks and crystals of up to 100 ppm; the errors are printed.
#include "media/clock_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "media/clock_runs.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

TEST(ClockFilter, IsWithinMicrosecondsOnAQuietNetworkFromTheFirstSecondOn) {
    const auto o = run(quiet_path(), 40, 1, 10);
    print("quiet", o);
    EXPECT_LT(quantile(o.start_us, 0.95), 5);
    EXPECT_LT(quantile(o.steady_us, 0.99), 2);
    EXPECT_GT(o.covered, 0.97);
}

TEST(ClockFilter, IsWithinTensOfMicrosecondsUnderMillisecondsOfJitter) {
    const auto o = run(jittery_path(), 60, 1, 30);
    print("5+/-3 ms, 2 %", o);
    EXPECT_LT(quantile(o.start_us, 0.95), 600);
    EXPECT_LT(quantile(o.steady_us, 0.5), 8);
    EXPECT_LT(quantile(o.steady_us, 0.95), 30);
    EXPECT_GT(o.covered, 0.95);
}

TEST(ClockFilter, LooksBackLongerWhereTheDelaysVary) {
    auto ten_a_second = unhurried(hears_a_stream);
    const auto jitters = run(jittery_path(), 200, 1, 120, 10, ten_a_second);
    print("adaptive", jitters);
    ten_a_second.options.window_max = std::chrono::seconds(30);
    const auto half_a_minute = run(jittery_path(), 200, 1, 120, 10, ten_a_second);
    print("30 s", half_a_minute);
    EXPECT_LT(quantile(jitters.steady_us, 0.5), 0.6 * quantile(half_a_minute.steady_us, 0.5));
    EXPECT_LT(quantile(jitters.steady_us, 0.95), 0.6 * quantile(half_a_minute.steady_us, 0.95));
}

TEST(ClockFilter, WhereTheFloorIsSoftItBelievesTheMean) {
    const auto o = run(triangular_path(), 150, 1, 60, 10);
    print("soft floor", o);
    EXPECT_LT(quantile(o.steady_us, 0.5), 30);
    EXPECT_LT(quantile(o.steady_us, 0.95), 100);
    EXPECT_GT(o.steady_covered, 0.95);
    EXPECT_GT(o.soft, 0.5);
    auto longer = asks_often;
    longer.options.window = std::chrono::seconds(120);
    for (const auto& path : {jittery_path(), quiet_path(), heavy_tailed_path(), freezing_path(quiet_path())})
        EXPECT_EQ(run(path, 150, 1, 60, 5, longer).soft, 0) << "a hard floor is none";
}

TEST(ClockFilter, EachPacketOfALiveStreamIsAMeasurement) {
    const auto hard = run(jittery_path(), 150, 1, 60, 10, hears_a_stream);
    print("5+/-3 ms, live", hard);
    EXPECT_LT(quantile(hard.steady_us, 0.5), 5);
    EXPECT_LT(quantile(hard.steady_us, 0.95), 15);
    EXPECT_EQ(hard.soft, 0);
    const auto soft = run(triangular_path(), 150, 1, 60, 10, hears_a_stream);
    print("soft, live", soft);
    EXPECT_LT(quantile(soft.steady_us, 0.5), 40);
    EXPECT_LT(quantile(soft.steady_us, 0.95), 100);
}

TEST(ClockFilter, AsksOftenWhileThatHelpsAndNoLonger) {
    const auto quiet = run(quiet_path(), 60, 1, 30, 5, hears_a_stream);
    EXPECT_NEAR(quiet.steady_probes, 10, 0.1);
    const auto ten_a_second = unhurried(hears_a_stream);
    const auto slow = run(jittery_path(), 40, 10, 10, 20, ten_a_second);
    const auto young = run(jittery_path(), 40, 10, 10, 20, hears_a_stream);
    print("10 s, 10 Hz", slow);
    print("10 s", young);
    EXPECT_LT(quantile(young.start_us, 0.5), 0.7 * quantile(slow.start_us, 0.5));
    const auto old = run(jittery_path(), 240, 1, 180, 5, hears_a_stream);
    print("180 s", old);
    EXPECT_LT(old.steady_probes, 30) << "enough are in its window";
}

TEST(ClockFilter, AStreamThatEndedIsForgotten) {
    Random random(3);
    const Crystal local{1e9, 40}, cluster{-3e12, -20};
    ClockFilter heard(life), alone(life);
    for (double t = 0; t < 300e9; t += 100e6) {
        const auto e = exchange(random, local, cluster, quiet_path(), t);
        if (!e) continue;
        heard.add(*e), alone.add(*e);
        // Quicker than any answer is, so that it would be believed.
        if (t < 30e9) heard.hear(cluster.stamp(t), {local.stamp(t + 2e3)});
        EXPECT_TRUE(t < 200e9 || heard.estimate()->cluster_ns == alone.estimate()->cluster_ns) << t;
    }
    EXPECT_GT(heard.counters().heard, 100U);
}

// They leave in bursts, behind one another, from a program that is busy; answers do not.
TEST(ClockFilter, PacketsThatAreSlowerThanAnswersMoveNothing) {
    auto board = hears_a_stream;
    board.heard_path = [path = jittery_path()](Random& random) -> std::optional<double> {
        const auto delay = path(random);
        if (!delay) return delay;
        return *delay + 50e3 + std::exponential_distribution<>(1 / 200e3)(random);
    };
    const auto o = run(jittery_path(), 150, 1, 60, 20, board);
    const auto alone = run(jittery_path(), 150, 1, 60, 20, {});
    print("slow stream", o);
    print("no stream", alone);
    EXPECT_LT(quantile(o.steady_us, 0.5), 1.5 * quantile(alone.steady_us, 0.5));
    EXPECT_LT(quantile(o.steady_us, 0.95), 1.5 * quantile(alone.steady_us, 0.95));
    EXPECT_EQ(o.soft, 0);
}

// What was on its way waits in a queue until the cable is plugged in again.
TEST(ClockFilter, AnOutageWhoseQueueIsDeliveredAfterwardsMovesNothing) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        Random random(seed);
        const Crystal local{1e9, 40}, cluster{-3e12, uniform(random, -50, 50)};
        ClockFilter filter(life);
        double worst_us = 0;
        for (double t = 0; t < 90e9; t += 100e6) {
            const double into = std::fmod(t, 25e9) - 20e9;  // the last 5 s of each 25
            const Path queued = [&](Random& r) -> std::optional<double> {
                const double waits = into > 0 ? 5e9 - into : 0;
                return *quiet_path()(r) + waits * uniform(r, 0, 1);
            };
            if (const auto e = exchange(random, local, cluster, queued, t)) filter.add(*e);
            if (filter.estimate() && t > 5e9)
                worst_us = std::max(worst_us, std::abs(error_ns(*filter.estimate(), local, cluster, t)) / 1e3);
        }
        EXPECT_LT(worst_us, 200) << "seed " << seed;
        EXPECT_FALSE(filter.soft());
    }
}

TEST(ClockFilter, APacketThatCannotBeTrueIsNotBelieved) {
    Random random(5);
    const Crystal local{1e9, 40}, cluster{-3e12, 0};
    ClockFilter filter(life);
    EXPECT_FALSE(filter.hear(cluster.stamp(0), {local.stamp(1e6)})) << "nothing is known yet";
    double t = 0;
    for (; t < 10e9; t += 20e6) filter.add(*exchange(random, local, cluster, quiet_path(), t));
    const auto before = *filter.estimate();
    EXPECT_FALSE(filter.hear(cluster.stamp(t) + 50'000'000, {local.stamp(t)})) << "sent after it was received";
    EXPECT_FALSE(filter.hear(cluster.stamp(t) - 10'000'000'000, {local.stamp(t)})) << "ten seconds on its way";
    EXPECT_FALSE(filter.hear(std::int64_t{1} << 62, {local.stamp(t)}));
    EXPECT_EQ(filter.counters().outliers, 2U);
    EXPECT_TRUE(filter.hear(cluster.stamp(t), {local.stamp(t + 100e3)}));
    EXPECT_EQ(filter.counters().heard, 1U);
    filter.add(*exchange(random, local, cluster, quiet_path(), t));
    EXPECT_NEAR(error_ns(*filter.estimate(), local, cluster, t), error_ns(before, local, cluster, t), 1000);
    EXPECT_FALSE(filter.soft());
}

TEST(ClockFilter, IgnoresHeavyTailsAndFreezes) {
    const auto tailed = run(heavy_tailed_path(), 60, 1, 30);
    print("heavy tail", tailed);
    EXPECT_LT(quantile(tailed.steady_us, 0.95), 5);
    EXPECT_GT(tailed.covered, 0.95);
    const auto frozen = run(freezing_path(quiet_path()), 40, 1, 10);
    print("freezes", frozen);
    EXPECT_LT(quantile(frozen.start_us, 0.95), 10);
    EXPECT_LT(quantile(frozen.steady_us, 0.95), 3);
    EXPECT_GT(frozen.covered, 0.97);
}

TEST(ClockFilter, BoundsTheErrorOfAnAsymmetricPathByHalfTheRoundTrip) {
    Random random(1);
    const Crystal local, cluster{5e9, 10};
    ClockFilter filter(life);
    for (int i = 0; i < 500; ++i) {
        const double t = i * 20e6, there = 100e3 + uniform(random, 0, 1e5), back = 4e6 + uniform(random, 0, 1e5);
        filter.add(
            {{local.stamp(t)}, cluster.stamp(t + there), cluster.stamp(t + there), {local.stamp(t + there + back)}});
    }
    const auto map = *filter.estimate();
    const double error = std::abs(error_ns(map, local, cluster, 500 * 20e6));
    EXPECT_GT(error, 1e6);
    EXPECT_LE(error, static_cast<double>(map.asymmetry_bound.count()));
}

TEST(ClockFilter, OneExchangeIsEnoughForABoundOfHalfItsRoundTrip) {
    ClockFilter filter(life);
    EXPECT_FALSE(filter.estimate());
    ASSERT_TRUE(filter.add({{1'000'000}, 900'300'000, 900'310'000, {1'500'000}}));
    const auto map = *filter.estimate();
    EXPECT_EQ(map.incarnation, life);
    EXPECT_EQ(map.to_cluster({1'500'000}), 900'555'000);
    EXPECT_EQ(map.error_bound.count(), 245'000);
}

TEST(ClockFilter, GivesTheSameWhateverOrderTheExchangesComeIn) {
    Random random(5);
    const Crystal local{1e12, 30}, cluster{-4e13, -60};
    std::vector<ClockExchange> exchanges;
    for (int i = 0; i < 1000; ++i)
        if (const auto e = exchange(random, local, cluster, jittery_path(), i * 20e6)) exchanges.push_back(*e);
    ClockFilter ordered(life), reordered(life);
    for (const auto& e : exchanges) ordered.add(e);
    for (std::size_t i = 0; i + 5 <= exchanges.size(); i += 5)
        std::shuffle(exchanges.begin() + static_cast<std::ptrdiff_t>(i),
                     exchanges.begin() + static_cast<std::ptrdiff_t>(i) + 5, random);
    for (const auto& e : exchanges) {
        reordered.add(e);
        reordered.add(e);
    }
    EXPECT_EQ(reordered.counters().duplicates, exchanges.size());
    const auto at = core::LocalTime{local.stamp(20e9)};
    EXPECT_NEAR(static_cast<double>(reordered.estimate()->to_cluster(at)),
                static_cast<double>(ordered.estimate()->to_cluster(at)), 3000);
}

TEST(ClockFilter, RefusesStampsThatNoNetworkProduces) {
    ClockFilter filter(life);
    const std::int64_t far = std::numeric_limits<std::int64_t>::min();
    const ClockExchange insane[] = {
        {{1000}, 5, 4, {2000}},            // answered before it was asked
        {{2000}, 5, 5, {1000}},            // back before it left
        {{0}, 0, 3'000'000, {1'000'000}},  // longer there than away
        {{0}, 0, 0, {5'000'000'000}},      // too long away
        {{far}, 0, 0, {0}},
        {{0}, far, 0, {0}},
        {{0}, 0, -(far + 1), {0}},
        {{0}, 0, 0, {-(far + 1)}},
    };
    for (const auto& e : insane) EXPECT_FALSE(filter.add(e));
    EXPECT_EQ(filter.counters().insane, std::size(insane));
    EXPECT_FALSE(filter.estimate());
}

TEST(ClockFilter, SingleLiesDoNotMoveIt) {
    Random random(11);
    const Crystal local, cluster{9e9, 20};
    ClockFilter filter(life);
    for (int i = 0; i < 1000; ++i) {
        auto e = *exchange(random, local, cluster, quiet_path(), i * 20e6);
        if (i % 10 == 9) {
            const auto lie_ns = static_cast<std::int64_t>(uniform(random, -1e12, 1e12));
            e.t2 += lie_ns;
            e.t3 += lie_ns;
        }
        filter.add(e);
        if (i > 100) {
            ASSERT_LT(std::abs(error_ns(*filter.estimate(), local, cluster, i * 20e6)), 20e3) << i;
        }
    }
    EXPECT_EQ(filter.counters().restarts, 0U);
    EXPECT_GE(filter.counters().outliers, 99U);
}

TEST(ClockFilter, StartsAfreshWithinFourExchangesOfAStepOfEitherClock) {
    for (const double step_ns : {3600e9, -3600e9, 20e6, -20e6}) {
        SCOPED_TRACE(step_ns);
        Random random(2);
        const Crystal local;
        Crystal cluster{1e12, -50};
        ClockFilter filter(life);
        for (int i = 0; i < 1000; ++i) {
            if (i == 600) cluster.offset_ns += step_ns;
            filter.add(*exchange(random, local, cluster, jittery_path(2e6, 8e6, 0), i * 20e6));
            if (i > 604) {
                ASSERT_LT(std::abs(error_ns(*filter.estimate(), local, cluster, i * 20e6)), 3e6) << i;
            }
        }
        EXPECT_EQ(filter.counters().restarts, 1U);
    }
}

TEST(ClockFilter, IsSettledAfterHalfAWindowUntilAPauseIsLongerThanTheWindow) {
    Random random(8);
    const Crystal local, cluster{1e12, 30};
    ClockFilter filter(life);
    const auto settles_after_s = [&](double from_s) {
        double t_s = from_s;
        for (; t_s < from_s + 60; t_s += 0.1) {
            filter.add(*exchange(random, local, cluster, quiet_path(), t_s * 1e9));
            if (filter.settled()) break;
        }
        return t_s - from_s;
    };
    EXPECT_FALSE(filter.settled());
    EXPECT_NEAR(settles_after_s(0), 15, 0.2);
    EXPECT_NEAR(settles_after_s(55), 15, 0.2);
    for (int i = 0; i < 40; ++i) filter.add(*exchange(random, local, cluster, quiet_path(), (110 + i) * 1e9));
    EXPECT_FALSE(filter.settled());  // too few
}

TEST(ClockFilter, ANewIncarnationForgetsTheOldOne) {
    ClockFilter filter(life);
    filter.add({{1'000'000}, 900'300'000, 900'310'000, {1'500'000}});
    filter.restart({8});
    EXPECT_FALSE(filter.estimate());
    EXPECT_TRUE(filter.add({{1'000'000}, 300'000, 310'000, {1'500'000}}));
    EXPECT_EQ(filter.estimate()->incarnation.value, 8U);
}

TEST(ClockMap, IsItsOwnInverseAtAnyDistance) {
    Random random(4);
    for (int i = 0; i < 10'000; ++i) {
        const ClockMap map{.local = {static_cast<std::int64_t>(uniform(random, -4e17, 4e17))},
                           .cluster_ns = static_cast<std::int64_t>(uniform(random, -4e17, 4e17)),
                           .drift = uniform(random, -3e-4, 3e-4),
                           .incarnation = life};
        const auto t = map.local + core::Duration{static_cast<std::int64_t>(uniform(random, -1e15, 1e15))};
        ASSERT_LE(std::abs((map.to_local(map.to_cluster(t)) - t).count()), 1);
    }
}

}  // namespace
}  // namespace antiphon::media
