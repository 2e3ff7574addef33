// The clock of a node in a virtual room: wrong, like that of any machine, by an offset and a rate that nobody tells.
#pragma once

#include <string_view>

#include "adapters/virtual_audio/room.hpp"
#include "adapters/virtual_audio/true_time.hpp"
#include "ports/clock.hpp"

namespace antiphon::virtual_audio {

// Every time that this clock gives is off by one offset within +/-1000 s and runs wrong by up to 100 ppm, both drawn
// from the room's seed and the node's name: a node that is restarted finds the same clock, like a process on a machine
// that stays up. Local times are not negative. Thread-safe and real-time-safe, cannot fail.
class RoomClock final : public ports::Clock {
  public:
    RoomClock(const Room& room, std::string_view node_name, const TrueClock& truth = machine_true_clock());

    core::LocalTime now() const noexcept override;
    core::WallTime wall() const noexcept override;
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override;
    core::LocalTime from_steady(std::chrono::steady_clock::time_point stamp) const noexcept override;
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override;

  private:
    std::int64_t local_ns(TrueTime at) const noexcept;

    const TrueClock& truth_;
    std::int64_t offset_ns_;
    double rate_error_;  // seconds gained a second
};

}  // namespace antiphon::virtual_audio
