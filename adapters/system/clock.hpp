// The clocks of the machine we run on.
#pragma once

#include "ports/clock.hpp"

namespace antiphon::system {

// CLOCK_MONOTONIC and CLOCK_REALTIME. Thread-safe and real-time-safe throughout (no system call on common hardware).
class SystemClock final : public ports::Clock {
  public:
    core::LocalTime now() const noexcept override;
    core::WallTime wall() const noexcept override;
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override;
    core::LocalTime from_steady(std::chrono::steady_clock::time_point stamp) const noexcept override;
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override;
};

}  // namespace antiphon::system
