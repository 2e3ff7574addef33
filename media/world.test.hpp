// A small true world for tests: crystals with an error, paths with delays, a device that plays by its own crystal.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <optional>
#include <random>

#include "core/instrumented.test.hpp"
#include "media/clock_filter.hpp"

namespace antiphon::media::test {

using Random = std::mt19937_64;

inline double uniform(Random& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

// A clock: what it shows at a true time in ns. Keeps fractions, so that the test's own arithmetic adds no error.
struct Crystal {
    double offset_ns = 0;
    double ppm = 0;
    double wander_ppm = 0;  // with the day's warmth: a sine of the rate
    double wander_period_ns = 3600e9;

    double shows(double true_ns) const { return offset_ns + true_ns + true_ns * ppm * 1e-6 + wandered(true_ns); }
    std::int64_t stamp(double true_ns) const { return static_cast<std::int64_t>(std::floor(shows(true_ns))); }
    double true_at(double shown_ns) const {
        const double still = (shown_ns - offset_ns) / (1 + ppm * 1e-6);
        double true_ns = still;
        for (int i = 0; wander_ppm != 0 && i < 3; ++i) true_ns = still - wandered(true_ns) / (1 + ppm * 1e-6);
        return true_ns;
    }

  private:
    double wandered(double true_ns) const {
        if (wander_ppm == 0) return 0;
        const double turns = 2 * std::numbers::pi / wander_period_ns;
        return wander_ppm * 1e-6 / turns * (1 - std::cos(turns * true_ns));
    }
};

// One way of a path: the delay of a packet in ns, or its loss.
using Path = std::function<std::optional<double>(Random&)>;

// p50 30 us, p99 300 us.
inline Path quiet_path() {
    return [](Random& random) -> std::optional<double> {
        const double tail = uniform(random, 0, 1) < 0.03 ? std::exponential_distribution<>(1 / 230e3)(random) : 0;
        return 12e3 + std::exponential_distribution<>(1 / 26e3)(random) + tail;
    };
}

inline Path jittery_path(double low_ns = 2e6, double high_ns = 8e6, double loss = 0.02) {
    return [=](Random& random) -> std::optional<double> {
        if (uniform(random, 0, 1) < loss) return std::nullopt;
        return uniform(random, low_ns, high_ns);
    };
}

// Whose floor is soft: few packets are near it.
inline Path triangular_path(double low_ns = 2e6, double high_ns = 8e6, double loss = 0.02) {
    return [=](Random& random) -> std::optional<double> {
        if (uniform(random, 0, 1) < loss) return std::nullopt;
        return low_ns + (high_ns - low_ns) / 2 * (uniform(random, 0, 1) + uniform(random, 0, 1));
    };
}

inline Path heavy_tailed_path() {
    return [](Random& random) -> std::optional<double> {
        return 300e3 * std::pow(uniform(random, 1e-4, 1), -1 / 1.3);  // Pareto
    };
}

// Another path whose machine freezes now and then, for up to 130 ms.
inline Path freezing_path(Path path) {
    return [path = std::move(path)](Random& random) -> std::optional<double> {
        const auto delay = path(random);
        const bool frozen = uniform(random, 0, 1) < 0.03;
        return delay ? std::optional(*delay + (frozen ? uniform(random, 1e6, 130e6) : 0)) : std::nullopt;
    };
}

// The exchange whose question leaves at `true_ns`.
inline std::optional<ClockExchange> exchange(Random& random, const Crystal& local, const Crystal& cluster,
                                             const Path& path, double true_ns) {
    const auto there = path(random), back = path(random);
    if (!there || !back) return std::nullopt;
    const double answered_ns = true_ns + *there + 8e3;
    return ClockExchange{{local.stamp(true_ns)},
                         cluster.stamp(true_ns + *there),
                         cluster.stamp(answered_ns),
                         {local.stamp(answered_ns + *back)}};
}

}  // namespace antiphon::media::test
