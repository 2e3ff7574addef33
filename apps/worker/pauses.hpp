// How long a worker waits before it tries again what may pass.
#pragma once

#include <algorithm>
#include <chrono>

#include "core/units.hpp"

namespace antiphon::worker {

// 0.4 s after the first attempt, doubling up to 10 s.
inline core::Duration pause_after(int attempts) {
    constexpr core::Duration first = std::chrono::milliseconds(200), longest = std::chrono::seconds(10);
    return std::min<core::Duration>(first * (1 << std::min(attempts, 8)), longest);
}

}  // namespace antiphon::worker
