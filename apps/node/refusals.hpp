// Counts what anybody outside can cause, and says when to tell: who floods us shall not fill the disk with our words.
#pragma once

#include <cstdint>
#include <optional>

#include "core/units.hpp"

namespace antiphon::node {

// Of one thread.
class Refusals {
  public:
    static constexpr core::Duration tell_each = std::chrono::seconds(10);

    // One more. Whether it is to be told: the first is, and then one each `tell_each`, with the count.
    bool count(core::LocalTime now) {
        ++refused_;
        if (told_ && now - *told_ < tell_each) return false;
        told_ = now;
        return true;
    }

    std::uint64_t refused() const { return refused_; }

  private:
    std::uint64_t refused_ = 0;
    std::optional<core::LocalTime> told_;
};

}  // namespace antiphon::node
