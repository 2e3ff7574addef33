// A worker, from its start to its end.
#pragma once

#include "apps/node/options.hpp"

namespace antiphon::worker {

// Runs until it is asked to end. Returns the program's exit code.
int run(const node::WorkerOptions& options);

}  // namespace antiphon::worker
