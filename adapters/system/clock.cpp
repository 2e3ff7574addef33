// Reading the kernel's clocks, and carrying a stamp from one to the other.
#include "adapters/system/clock.hpp"

#include <algorithm>
#include <ctime>

#include "ports/clock_pair.hpp"

namespace antiphon::system {
namespace {

std::int64_t read_ns(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

core::LocalTime SystemClock::now() const noexcept { return {read_ns(CLOCK_MONOTONIC)}; }

core::WallTime SystemClock::wall() const noexcept { return {read_ns(CLOCK_REALTIME)}; }

core::LocalTime SystemClock::from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept {
    const auto now =
        ports::read_together([] { return read_ns(CLOCK_MONOTONIC); }, [] { return read_ns(CLOCK_REALTIME); });
    return {now.line_ns - std::max<std::int64_t>(0, now.stamping_ns - realtime.count())};
}

core::LocalTime SystemClock::from_steady(std::chrono::steady_clock::time_point stamp) const noexcept {
    return std::min(now(), core::LocalTime{stamp.time_since_epoch().count()});
}

std::chrono::steady_clock::duration SystemClock::wait_for(core::LocalTime until) const noexcept {
    return std::max(until - now(), core::Duration::zero());
}

}  // namespace antiphon::system
