// True time: what the room's air and the sound cards' converters live on, and what no node can read.
#pragma once

#include <chrono>

#include "core/units.hpp"

namespace antiphon::virtual_audio {

// A point of true time: CLOCK_MONOTONIC of the machine that simulates the room, ns.
using TrueTime = core::Instant<struct TrueLine>;

// Where the devices of the room get true time from. Tests put one here that they advance by hand.
class TrueClock {
  public:
    virtual ~TrueClock() = default;

    // Thread-safe, real-time-safe, cannot fail.
    virtual TrueTime now() const noexcept = 0;
    // CLOCK_REALTIME at the same moment, ns since 1970. Thread-safe, real-time-safe.
    virtual std::chrono::nanoseconds realtime() const noexcept = 0;
    // Blocks the calling thread until `until`, an absolute time; returns at once when it is past. Thread-safe.
    virtual void wait_until(TrueTime until) const noexcept = 0;
};

// The one of the machine; lives as long as the program.
const TrueClock& machine_true_clock();

}  // namespace antiphon::virtual_audio
