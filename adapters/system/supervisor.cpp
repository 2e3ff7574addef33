// Restarts with a limit, and ends as loudly as it must.
#include "adapters/system/supervisor.hpp"

#include <utility>

#include "adapters/system/child_process.hpp"
#include "adapters/system/clock.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/signals.hpp"

namespace antiphon::system {

Supervisor::Supervisor(ports::ProcessLauncher& launcher, const ports::Clock& clock, SupervisorSettings settings,
                       EndHandler on_end)
    : launcher_(launcher),
      clock_(clock),
      settings_(std::move(settings)),
      on_end_(std::move(on_end)),
      intensity_(settings_.limit) {}

void Supervisor::start() { launch(); }

void Supervisor::launch() {
    auto spawned = launcher_.spawn({.argv = settings_.command, .grace = settings_.grace},
                                   [this](const ports::ProcessExit& exit) { exited(exit); });
    if (!spawned) {
        log::error("supervise.failed", {}, spawned.error().what);
        return end(1);
    }
    process_ = std::move(*spawned);
    log::info("supervise.started", {{"pid", process_->pid()}, {"command", settings_.command.front()}});
}

void Supervisor::stop(int signal) {
    forwarded_signal_ = signal;
    if (process_) process_->stop(signal);
}

void Supervisor::exited(const ports::ProcessExit& exit) {
    process_.reset();
    if (exit.clean()) return end(0);
    if (forwarded_signal_ != 0) {
        log::info("supervise.ended", {{"command", settings_.command.front()}}, exit.text());
        return end(exit.signal == forwarded_signal_ ? 0 : 1);
    }
    if (!intensity_.allow(clock_.now())) {
        const auto window_s = std::chrono::duration_cast<std::chrono::seconds>(settings_.limit.window).count();
        log::error("supervise.gave_up",
                   {{"command", settings_.command.front()}, {"restarts", restarts_}, {"last", exit.text()}},
                   "restarted " + std::to_string(settings_.limit.restarts_max) + " times in " +
                       std::to_string(window_s) + " s and died again: giving up; its own log says why it dies");
        return end(1);
    }
    ++restarts_;
    log::warning("supervise.restarting",
                 {{"command", settings_.command.front()}, {"exit", exit.text()}, {"recent", intensity_.recent()}});
    launch();
}

void Supervisor::end(int exit_code) {
    if (const auto on_end = std::exchange(on_end_, nullptr)) on_end(exit_code);
}

int supervise(std::vector<std::string> command) {
    boost::asio::io_context io;
    ChildLauncher launcher(io);
    const SystemClock clock;
    int exit_code = 1;
    Supervisor supervisor(launcher, clock, {.command = std::move(command)}, [&](int code) {
        exit_code = code;
        io.stop();
    });
    const auto termination = on_termination(io, [&](int signal) { supervisor.stop(signal); });
    supervisor.start();
    io.run();
    return exit_code;
}

}  // namespace antiphon::system
