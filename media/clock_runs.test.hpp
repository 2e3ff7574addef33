// A board's estimate of the cluster's clock over a simulated network, from its start on, and how good it was.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/instrumented.test.hpp"
#include "media/clock_filter.hpp"
#include "media/probe_schedule.hpp"
#include "media/world.test.hpp"

namespace antiphon::media::test {

inline constexpr core::ClockIncarnation life{7};

inline double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

struct Outcome {
    std::vector<double> start_us, steady_us, drift_ppm;
    double steady_probes = 0;   // a second, after `steady_s`
    double covered = 0;         // share of estimates whose error is within their bound
    double steady_covered = 0;  // of those after `steady_s`
    double soft = 0;            // share of those after `steady_s` that believe the mean
};

inline double error_ns(const ClockMap& map, const Crystal& local, const Crystal& cluster, double true_ns) {
    const auto now = core::LocalTime{local.stamp(true_ns)};
    const double residue = local.shows(true_ns) - static_cast<double>(now.ns);
    return static_cast<double>(map.to_cluster(now)) + residue - cluster.shows(true_ns);
}

struct Board {
    ClockFilterOptions options = {};
    ProbeRhythm rhythm = {};
    double heard_hz = 0;   // packets of a live stream
    Path heard_path = {};  // theirs, where it is another
};
// What a board does: it asks as often as its estimate makes it, between 10 and 50 times a second.
inline const Board hears_a_stream{.heard_hz = 200};
// 50 times a second, whatever the estimate is.
inline const Board asks_often{.rhythm = {.steady_interval = std::chrono::milliseconds(20)}};

inline Board unhurried(Board board) {
    board.rhythm.quick_interval = board.rhythm.steady_interval;
    return board;
}

inline Outcome run(const Path& path, double seconds, double start_s, double steady_s, int runs = 20,
                   const Board& board = asks_often) {
    Outcome outcome;
    int estimates = 0, covered = 0, steady_covered = 0, soft = 0;
    runs = core::test::sample(runs);
    for (unsigned seed = 0; seed < static_cast<unsigned>(runs); ++seed) {
        Random random(seed);
        const Crystal local{uniform(random, -1e15, 1e15), uniform(random, -100, 100)};
        const Crystal cluster{uniform(random, -1e15, 1e15), uniform(random, -100, 100)};
        ClockFilter filter(life, board.options);
        ProbeSchedule schedule({0}, board.rhythm);  // by true time
        const auto& heard_path = board.heard_path ? board.heard_path : path;
        double heard = 0;
        for (double t = 0; t < seconds * 1e9;) {
            if (const auto e = exchange(random, local, cluster, path, t)) filter.add(*e);
            schedule.pace(filter.sampling_error());
            schedule.sent(schedule.next());
            const double asked = t;
            t = static_cast<double>(schedule.next().ns);
            if (asked > steady_s * 1e9) ++outcome.steady_probes;
            for (; board.heard_hz > 0 && heard < t; heard += 1e9 / board.heard_hz)
                if (const auto delay = heard_path(random))
                    filter.hear(cluster.stamp(heard), {local.stamp(heard + *delay)});
            const auto map = filter.estimate();
            if (!map) continue;
            const double error = std::abs(error_ns(*map, local, cluster, t));
            const bool within = error <= static_cast<double>(map->error_at({local.stamp(t)}).count()) + 1;
            ++estimates;
            covered += within;
            if (t > start_s * 1e9 && asked <= start_s * 1e9) outcome.start_us.push_back(error / 1e3);
            if (t <= steady_s * 1e9) continue;
            steady_covered += within;
            soft += filter.soft();
            outcome.steady_us.push_back(error / 1e3);
            const double drift_ppm = ((1 + cluster.ppm * 1e-6) / (1 + local.ppm * 1e-6) - 1) * 1e6;
            outcome.drift_ppm.push_back(std::abs(map->drift * 1e6 - drift_ppm));
        }
        EXPECT_EQ(filter.counters().restarts, 0U) << "seed " << seed;
    }
    outcome.steady_probes /= runs * (seconds - steady_s);
    outcome.covered = static_cast<double>(covered) / estimates;
    outcome.steady_covered = steady_covered / static_cast<double>(outcome.steady_us.size());
    outcome.soft = soft / static_cast<double>(outcome.steady_us.size());
    return outcome;
}

inline void print(const char* name, const Outcome& o) {
    std::printf(
        "%-14s error us: at start p50 %.2f p95 %.2f, steady p50 %.2f p95 %.2f p99 %.2f; drift ppm p95 %.3f; "
        "within bound %.4f, soft %.2f, %.1f probes/s\n",
        name, quantile(o.start_us, 0.5), quantile(o.start_us, 0.95), quantile(o.steady_us, 0.5),
        quantile(o.steady_us, 0.95), quantile(o.steady_us, 0.99), quantile(o.drift_ppm, 0.95), o.covered, o.soft,
        o.steady_probes);
}

}  // namespace antiphon::media::test
