// The verbs by group; each function hangs its own into the tree.
#pragma once

#include "apps/cli/command.hpp"
#include "apps/cli/run.hpp"

namespace antiphon::cli {

// coordinator, worker, supervise. `programs` outlives the tree.
void add_programs(Command root, const Programs& programs);
void add_version(Command root);

}  // namespace antiphon::cli
