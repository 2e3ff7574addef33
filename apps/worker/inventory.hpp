// The outputs and inputs of this worker as the cluster knows them, and what has changed of that.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/worker/input.hpp"
#include "apps/worker/output.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. What it speaks of outlives it.
class Inventory {
  public:
    Inventory(const std::vector<std::unique_ptr<Output>>& outputs, const std::vector<Input>& inputs)
        : outputs_(outputs), inputs_(inputs), declared_(outputs.size()) {}

    // Without those that came of pairings.
    std::vector<core::Endpoint> declared_outputs() const;
    std::vector<core::Endpoint> inputs() const;

    // Tells what has changed since it was told last: a device came, went, or can be used again. Each is logged. What
    // could not be told (false) is told with the next look.
    using Tell = std::function<bool(core::EndpointChanged)>;
    void tell_changes(const Tell& tell);

  private:
    using Known = std::map<std::string, core::Endpoint>;
    static void compare(bool is_output, Known& known, const std::vector<core::Endpoint>& now, const Tell& tell);
    std::vector<core::Endpoint> outputs() const;

    const std::vector<std::unique_ptr<Output>>& outputs_;
    const std::vector<Input>& inputs_;
    const std::size_t declared_;  // of the outputs; what was paired comes behind them
    Known known_outputs_;
    Known known_inputs_;
};

}  // namespace antiphon::worker
