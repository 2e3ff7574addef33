// The outputs and inputs of this worker as the cluster knows them, and what has changed of that.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/worker/output.hpp"
#include "apps/worker/tracks.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. What it speaks of outlives it.
class Inventory {
  public:
    Inventory(const std::vector<std::unique_ptr<Output>>& outputs, const Tracks& tracks)
        : outputs_(outputs), tracks_(tracks) {}

    std::vector<core::Endpoint> outputs() const;
    std::vector<core::Endpoint> inputs() const;

    // Since the last look: a device came, went, or can be used again. Each is logged.
    std::vector<core::EndpointChanged> changes();

  private:
    void compare(bool is_output, const std::vector<core::Endpoint>& now, std::vector<core::EndpointChanged>& changes);

    const std::vector<std::unique_ptr<Output>>& outputs_;
    const Tracks& tracks_;
    std::vector<core::Endpoint> known_[2];  // inputs, outputs
};

}  // namespace antiphon::worker
