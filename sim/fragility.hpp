// A bug that nobody has found: an actor that throws in the middle of its work, a few times, while it lasts.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "sim/random.hpp"

namespace antiphon::sim {

class Fragility {
  public:
    explicit Fragility(Random& random) : random_(random) {}

    // As often as this from now on, each at one of the next ten calls or so.
    void set(std::uint64_t failures) { left_ = failures; }

    // Called before rows are written, after, and between effects.
    void may_throw() {
        if (left_ == 0 || !random_.chance(0.1)) return;
        --left_;
        ++thrown_;
        throw std::runtime_error("it broke");
    }

    std::uint64_t thrown() const { return thrown_; }

  private:
    Random& random_;
    std::uint64_t left_ = 0;
    std::uint64_t thrown_ = 0;
};

}  // namespace antiphon::sim
