// Child processes: how adapters that need a program of somebody else (the private broker) start and watch it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::ports {

struct ProcessSpec {
    // argv[0] is the program: a path if it has a '/', else searched in PATH.
    std::vector<std::string> argv;
    // "NAME=value"; set on top of our own environment, or alone when `clear_environment`. What the service manager gave
    // us (NOTIFY_SOCKET, WATCHDOG_*) is not handed on.
    std::vector<std::string> environment;
    bool clear_environment = false;
    // The working directory; empty: ours.
    std::string directory;
    // Run as this user and its groups; needs root. Absent: as ourselves.
    std::optional<std::string> user;
    // Receives stdout and stderr line by line, without the newline; a line over 4 KiB comes in pieces. On the owner's
    // loop. Empty: the child writes where we write.
    std::function<void(std::string_view line)> on_line;
    // How long stop() lets the child react to SIGTERM before SIGKILL.
    core::Duration grace = std::chrono::seconds{5};
};

// Exactly one of the two is meaningful.
struct ProcessExit {
    int code = 0;    // when signal is 0
    int signal = 0;  // the signal that killed it, or 0

    bool clean() const noexcept { return code == 0 && signal == 0; }
    // "exit code 3", "killed by signal 9 (Killed)".
    std::string text() const;
    friend bool operator==(const ProcessExit&, const ProcessExit&) = default;
};

// A running child. All calls on the owner's loop. Destroyed while it runs, it is killed with its group, and waited for.
class Process {
  public:
    virtual ~Process() = default;

    virtual int pid() const noexcept = 0;
    virtual bool running() const noexcept = 0;

    // Sends a signal to the child alone (SIGHUP: reread the configuration). `not_found` when it no longer runs.
    virtual core::Result<void> signal(int number) = 0;

    // Asks it to end: `number` to its whole group now, SIGKILL after the grace. Its exit is reported as any other.
    // Asked again, it sends `number` again; the grace runs from the first time.
    virtual void stop(int number) = 0;
};

class ProcessLauncher {
  public:
    virtual ~ProcessLauncher() = default;

    // Called once, on the owner's loop, after the last line; never after the Process is destroyed.
    using ExitHandler = std::function<void(const ProcessExit&)>;

    // Starts a child in its own process group, stdin at /dev/null, no other descriptor inherited. It dies with us: when
    // the thread that called spawn() ends, even by SIGKILL of the whole process, the kernel kills the child (not the
    // child's own children). So call this from a thread that lives as long as the program.
    // `not_found`: no such program or user; `denied`: not executable, or not permitted to become that user.
    virtual core::Result<std::unique_ptr<Process>> spawn(ProcessSpec spec, ExitHandler on_exit) = 0;
};

}  // namespace antiphon::ports
