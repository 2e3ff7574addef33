// Starting a child: everything that must be ready before fork, and the answer whether exec worked.
#pragma once

#include <sys/types.h>

#include "core/result.hpp"
#include "ports/process.hpp"

namespace antiphon::system {

// Descriptors are close-on-exec and belong to the caller.
struct Started {
    pid_t pid = 0;
    int pid_fd = -1;
    int output_fd = -1;  // the reading end of stdout and stderr, or -1 when they are ours
};

// Returns when the child runs its program, or says why it does not. The caller must reap it. Errors as
// ports::ProcessLauncher::spawn.
core::Result<Started> start_child(const ports::ProcessSpec& spec);

}  // namespace antiphon::system
