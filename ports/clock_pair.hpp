// Two clocks at one moment, for carrying a stamp from one to the other.
#pragma once

#include <cstdint>
#include <limits>

namespace antiphon::ports {

struct ClockPair {
    std::int64_t line_ns = 0;      // the clock that a stamp is carried to
    std::int64_t stamping_ns = 0;  // the clock that it was taken from, at the same moment
};

// Reads the second clock between two readings of the first; the tightest of a few such tries wins. Were the thread held
// up in all of them, the later reading counts: a stamp that comes out late looks like network delay, which an
// estimator of floors passes over, and one that comes out early would pull its floor down for a whole window.
// Real-time-safe where the readings are.
template <class ReadLine, class ReadStamping>
ClockPair read_together(const ReadLine& read_line, const ReadStamping& read_stamping) noexcept {
    // Readings this close together were not held up; their middle is then good to half of it.
    constexpr std::int64_t tight_ns = 1000;
    constexpr int tries = 4;
    ClockPair best;
    std::int64_t best_width_ns = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < tries && best_width_ns > tight_ns; ++i) {
        const std::int64_t before_ns = read_line();
        const std::int64_t stamping_ns = read_stamping();
        const std::int64_t after_ns = read_line();
        const auto width_ns = after_ns - before_ns;
        if (width_ns >= best_width_ns) continue;
        best_width_ns = width_ns;
        best = {width_ns > tight_ns ? after_ns : before_ns + width_ns / 2, stamping_ns};
    }
    return best;
}

}  // namespace antiphon::ports
