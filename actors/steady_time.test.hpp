// The machine's own monotonic clock, for executors under test.
#pragma once

#include <algorithm>
#include <chrono>

#include "actors/loop_executor.hpp"

namespace antiphon::actors {

inline LoopTime steady_time() {
    using std::chrono::steady_clock;
    return {[] { return core::LocalTime{steady_clock::now().time_since_epoch().count()}; },
            [](core::LocalTime until) {
                const auto now = steady_clock::now().time_since_epoch();
                return std::max(std::chrono::nanoseconds{until.ns} - now, std::chrono::nanoseconds{0});
            }};
}

}  // namespace antiphon::actors
