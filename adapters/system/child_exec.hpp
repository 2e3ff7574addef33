// What a child does between fork and exec. Everything is prepared before, because a child of a program with threads
// may call nothing but async-signal-safe functions there.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace antiphon::system {

// Points into memory that the parent keeps until the exec.
struct ExecPlan {
    const char* program = nullptr;     // a path
    char* const* arguments = nullptr;  // ends with a null pointer, as the next
    char* const* environment = nullptr;
    const char* directory = nullptr;  // or null: ours
    int null_fd = -1;                 // becomes stdin
    int output_fd = -1;               // becomes stdout and stderr; -1: ours stay
    int report_fd = -1;               // close-on-exec; an ExecFailure is written there when exec fails
    pid_t parent = 0;                 // must still be our parent, else the child ends at once
    bool change_user = false;
    uid_t user = 0;
    gid_t group = 0;
    const gid_t* groups = nullptr;
    std::size_t groups_count = 0;
};

struct ExecFailure {
    char step[24] = {};
    int error = 0;
};

// Runs the plan in a new process and returns its pid, or -1 with errno. Shares our memory until the exec (vfork: no
// copy of page tables, so audio threads see no page faults) unless the user changes. All signals must be blocked.
pid_t launch(const ExecPlan& plan) noexcept;

}  // namespace antiphon::system
