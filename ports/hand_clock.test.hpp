// For tests: a clock that the test holds.
#pragma once

#include "ports/clock.hpp"

namespace antiphon::ports::test {

class HandClock final : public Clock {
  public:
    core::LocalTime now() const noexcept override { return at; }
    core::WallTime wall() const noexcept override { return {}; }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds) const noexcept override { return at; }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point) const noexcept override { return at; }
    std::chrono::steady_clock::duration wait_for(core::LocalTime) const noexcept override { return {}; }

    core::LocalTime at{std::int64_t{1'000'000'000'000}};
};

}  // namespace antiphon::ports::test
