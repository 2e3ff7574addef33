// The simulator's only source of chance: everything that happens follows from one seed. xoshiro256** seeded by
// splitmix64 (Blackman and Vigna, 2018).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/units.hpp"

namespace antiphon::sim {

class Random {
  public:
    explicit Random(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15u;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Below n, which is not 0.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    bool chance(double probability) { return unit() < probability; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    core::Duration between(core::Duration low, core::Duration high) {
        return low + core::Duration{static_cast<std::int64_t>(unit() * static_cast<double>((high - low).count()))};
    }

  private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace antiphon::sim
