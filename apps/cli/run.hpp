// The command line: reads it, and does what it asks for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/cli/outside.hpp"
#include "apps/node/options.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

// The verbs that are no client of the coordinator, and are implemented elsewhere. The long-running ones return the exit
// code.
struct Programs {
    std::function<int(const node::CoordinatorOptions&)> coordinator;
    std::function<int(const node::WorkerOptions&)> worker;
    std::function<int(std::vector<std::string>)> supervise;
    std::function<core::Result<node::Restored>(const node::RestoreOptions&)> restore;
};

// The exit code: 0 done, 1 refused or failed with a reason, 2 usage.
int run(int argc, char** argv, const Programs& programs);
// The same for the words after the program's name, and for whatever `outside` is.
int run(const std::vector<std::string>& words, const Programs& programs, const Outside& outside);

}  // namespace antiphon::cli
