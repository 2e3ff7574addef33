// Reading the kernel's clocks, and carrying a stamp from one to the other.
#include "adapters/system/clock.hpp"

#include <algorithm>
#include <ctime>

namespace antiphon::system {
namespace {

// A pair of readings this close together was not interrupted; the conversion is then good to a quarter of it.
constexpr std::int64_t bracket_ns = 1000;
constexpr int bracket_tries = 4;

std::int64_t read_ns(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

core::LocalTime SystemClock::now() const noexcept { return {read_ns(CLOCK_MONOTONIC)}; }

core::WallTime SystemClock::wall() const noexcept { return {read_ns(CLOCK_REALTIME)}; }

// Realtime is read between two monotonic readings; the tightest of a few such pairs wins, because a preemption between
// the readings would look like network delay.
core::LocalTime SystemClock::from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept {
    std::int64_t best_width_ns = INT64_MAX;
    std::int64_t best_ns = 0;
    for (int i = 0; i < bracket_tries && best_width_ns > bracket_ns; ++i) {
        const auto before_ns = read_ns(CLOCK_MONOTONIC);
        const auto wall_ns = read_ns(CLOCK_REALTIME);
        const auto after_ns = read_ns(CLOCK_MONOTONIC);
        if (after_ns - before_ns >= best_width_ns) continue;
        best_width_ns = after_ns - before_ns;
        const auto age_ns = std::max<std::int64_t>(0, wall_ns - realtime.count());
        best_ns = before_ns + best_width_ns / 2 - age_ns;
    }
    return {best_ns};
}

core::LocalTime SystemClock::from_steady(std::chrono::steady_clock::time_point stamp) const noexcept {
    return std::min(now(), core::LocalTime{stamp.time_since_epoch().count()});
}

std::chrono::steady_clock::duration SystemClock::wait_for(core::LocalTime until) const noexcept {
    return std::max(until - now(), core::Duration::zero());
}

}  // namespace antiphon::system
