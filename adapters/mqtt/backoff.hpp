// How long to wait before the next attempt: longer each time, and not all nodes at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/units.hpp"

namespace antiphon::mqtt {

struct BackoffLimits {
    core::Duration first = std::chrono::milliseconds{100};
    core::Duration longest = std::chrono::seconds{5};
};

// Pure: the jitter follows from the seed, which the owner draws.
class Backoff {
  public:
    Backoff(const BackoffLimits& limits, std::uint64_t seed) : limits_(limits), state_(seed), ceiling_(limits.first) {}

    // Between half of the ceiling and the ceiling, which doubles with each call up to the longest.
    core::Duration next() noexcept {
        const auto half = ceiling_ / 2;
        const auto jitter = core::Duration{static_cast<std::int64_t>(draw() % (half.count() + 1U))};
        ceiling_ = std::min(ceiling_ * 2, limits_.longest);
        return half + jitter;
    }

    // What was tried has worked for a while: start over.
    void reset() noexcept { ceiling_ = limits_.first; }

    const BackoffLimits& limits() const noexcept { return limits_; }

  private:
    // SplitMix64: any seed will do, even 0.
    std::uint64_t draw() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    BackoffLimits limits_;
    std::uint64_t state_;
    core::Duration ceiling_;
};

}  // namespace antiphon::mqtt
