// What a node can know of time. The virtual room puts a secret offset and rate error behind this port.
#pragma once

#include <chrono>

#include "core/units.hpp"

namespace antiphon::ports {

class Clock {
  public:
    virtual ~Clock() = default;

    // Local monotonic time, ns since the node's boot. Thread-safe, real-time-safe, cannot fail.
    virtual core::LocalTime now() const noexcept = 0;

    // UTC for labels. Thread-safe, real-time-safe.
    virtual core::WallTime wall() const noexcept = 0;

    // The local time of an event that the kernel stamped with CLOCK_REALTIME (socket timestamps), converted by its
    // age. Thread-safe, real-time-safe. A stamp in the future counts as now.
    virtual core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept = 0;

    // The local time of an event that was stamped with CLOCK_MONOTONIC (sound cards). Thread-safe, real-time-safe. A
    // stamp in the future counts as now.
    virtual core::LocalTime from_steady(std::chrono::steady_clock::time_point stamp) const noexcept = 0;

    // How long to wait on the machine's steady clock until the local time `until`; zero when it is past.
    // Thread-safe, real-time-safe.
    virtual std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept = 0;
};

}  // namespace antiphon::ports
