// The coordinator, from its start to its end.
#pragma once

#include "apps/node/options.hpp"

namespace antiphon::coordinator {

// Runs until it is asked to end. Returns the program's exit code.
int run(const node::CoordinatorOptions& options);

}  // namespace antiphon::coordinator
