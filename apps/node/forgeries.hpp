// Messages that no member has sealed: anybody can cause them where the broker is somebody else's.
#pragma once

#include "apps/node/refusals.hpp"
#include "ports/bus.hpp"

namespace antiphon::node {

// Of one thread.
class Forgeries {
  public:
    // Counts it, and logs it unless another was logged just before.
    void refuse(const ports::BusMessage& message, const std::string& why, core::LocalTime now);
    std::uint64_t refused() const { return refusals_.refused(); }

  private:
    Refusals refusals_;
};

}  // namespace antiphon::node
