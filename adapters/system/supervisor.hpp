// `antiphon supervise -- COMMAND...`: starts what dies again, but not for ever. systemd does this in production.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/restart_intensity.hpp"
#include "ports/clock.hpp"
#include "ports/process.hpp"

namespace antiphon::system {

struct SupervisorSettings {
    std::vector<std::string> command;
    core::RestartLimit limit;
    core::Duration grace = std::chrono::seconds{15};  // from the forwarded signal to SIGKILL
};

// Not thread-safe: one loop, on a thread that lives as long as the program (the child dies with it).
class Supervisor {
  public:
    // Called once: 0 when the command ended cleanly or as asked, 1 when it could not be started or died too often.
    using EndHandler = std::function<void(int exit_code)>;

    // `launcher` and `clock` outlive it.
    Supervisor(ports::ProcessLauncher& launcher, const ports::Clock& clock, SupervisorSettings settings,
               EndHandler on_end);

    void start();
    // Forwards a signal to the command and waits for its end; no restart follows.
    void stop(int signal);

    std::uint64_t restarts() const noexcept { return restarts_; }

  private:
    void launch();
    void exited(const ports::ProcessExit& exit);
    void end(int exit_code);

    ports::ProcessLauncher& launcher_;
    const ports::Clock& clock_;
    const SupervisorSettings settings_;
    EndHandler on_end_;
    core::RestartIntensity intensity_;
    std::unique_ptr<ports::Process> process_;
    int forwarded_signal_ = 0;
    std::uint64_t restarts_ = 0;
};

// The whole verb, in a loop of its own: runs the command until it ends for good, forwards SIGTERM and SIGINT. Returns
// the exit code of the program.
int supervise(std::vector<std::string> command);

}  // namespace antiphon::system
