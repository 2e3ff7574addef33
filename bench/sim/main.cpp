// sim_bench: how much faster than real time a cluster of one coordinator and eight workers is simulated, with all its
// faults and every law looked at after every event.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sim/simulation.hpp"

namespace antiphon::bench {
namespace {

constexpr int workers = 8;

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Simulated seconds in one real second, over `seeds` runs from `first`; 0: a law was broken.
double speed(std::uint64_t first, std::uint64_t seeds) {
    const double begin = seconds_now();
    double simulated = 0;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        sim::Plan plan;
        plan.seed = seed;
        plan.workers = workers;
        if (const auto outcome = sim::run(plan); outcome.broken) {
            std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.broken->c_str());
            return 0;
        }
        simulated += std::chrono::duration<double>(plan.faults_for + plan.quiet_for + sim::idle_for).count();
    }
    return simulated / (seconds_now() - begin);
}

int measure(std::uint64_t seeds, int runs) {
    std::vector<double> speeds;
    for (int i = 0; i < runs; ++i) {
        speeds.push_back(speed(1 + static_cast<std::uint64_t>(i) * seeds, seeds));
        if (speeds.back() == 0) return 1;
    }
    std::sort(speeds.begin(), speeds.end());
    double load[1] = {};
    (void)getloadavg(load, 1);
    std::printf("1 coordinator, %d workers, %llu seeds, medians of %d runs, load %.1f\n\n", workers,
                static_cast<unsigned long long>(seeds), runs, load[0]);
    std::printf("%-28s %10.0fx (%.0fx to %.0fx)\n", "beside real time, one thread", speeds[speeds.size() / 2],
                speeds.front(), speeds.back());
    return 0;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    const bool smoke = argc == 2 && std::strcmp(argv[1], "--smoke") == 0;
    if (argc > 1 && !smoke) {
        std::fputs("usage: sim_bench [--smoke]\n", stderr);
        return 2;
    }
    return smoke ? antiphon::bench::measure(5, 1) : antiphon::bench::measure(400, 5);
}
