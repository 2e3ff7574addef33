// The parent's side of a child: its exit, its output, its end.
#include "adapters/system/child_process.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "adapters/system/child_start.hpp"
#include "adapters/system/lines.hpp"

namespace antiphon::system {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using core::Error;
using core::ErrorCode;
using core::Result;

// At its exit a child has left at most a pipe's content behind; more comes from a stranger that holds the pipe.
constexpr int reads_at_exit = 256;
constexpr int reads_per_wake = 4;
constexpr int reap_wait_ms = 2000;

// Outlives its Process while a handler of the loop refers to it.
class Child : public std::enable_shared_from_this<Child> {
  public:
    Child(asio::io_context& io, const Started& started, ports::ProcessSpec spec,
          ports::ProcessLauncher::ExitHandler on_exit)
        : pid_(started.pid),
          watch_(io, started.pid_fd),
          output_(io),
          grace_timer_(io),
          grace_(spec.grace),
          on_line_(std::move(spec.on_line)),
          on_exit_(std::move(on_exit)) {
        if (started.output_fd < 0) return;
        output_.assign(started.output_fd);
        output_.non_blocking(true);
    }

    void start() {
        watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const error_code& error) {
                              if (!error) self->exited();
                          });
        wait_for_output();
    }

    int pid() const noexcept { return pid_; }
    bool running() const noexcept { return running_; }

    Result<void> signal(int number) {
        // While the child is not reaped its pid cannot be given to another process.
        if (running_ && ::kill(pid_, number) == 0) return {};
        return Error{ErrorCode::not_found, "process " + std::to_string(pid_) + " does not run any more"};
    }

    void stop(int number) {
        if (!running_) return;
        ::kill(-pid_, number);
        if (std::exchange(stopping_, true)) return;
        grace_timer_.expires_after(grace_);
        grace_timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && self->running_) ::kill(-self->pid_, SIGKILL);
        });
    }

    // No handler is called after this.
    void abandon() {
        on_line_ = nullptr;
        on_exit_ = nullptr;
        abandoned_ = true;
        if (running_) {
            ::kill(-pid_, SIGKILL);
            pollfd wait{watch_.native_handle(), POLLIN, 0};
            // A killed process ends at once unless a device holds it in the kernel; then it stays a zombie.
            if (::poll(&wait, 1, reap_wait_ms) > 0) reap();
            running_ = false;
        }
        close();
    }

  private:
    void exited() {
        if (!running_) return;
        ::kill(-pid_, SIGKILL);  // its own children, if any; they would hold ports and files of the next start
        const auto exit = reap();
        read_output(reads_at_exit);
        lines_.finish([this](std::string_view line) { return deliver(line); });
        close();
        if (const auto on_exit = std::exchange(on_exit_, nullptr)) on_exit(exit);
    }

    ports::ProcessExit reap() {
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
        }
        running_ = false;
        if (info.si_code == CLD_EXITED) return {info.si_status, 0};
        return {0, info.si_status};
    }

    void close() {
        error_code ignored;
        grace_timer_.cancel();
        watch_.close(ignored);
        output_.close(ignored);
    }

    // Waits, then reads at once: bytes on their way to a handler would be overtaken by those that exited() drains.
    void wait_for_output() {
        if (!output_.is_open()) return;
        output_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const error_code& error) {
                               if (!error && self->read_output(reads_per_wake)) self->wait_for_output();
                           });
    }

    // False when there will be no more.
    bool read_output(int reads) {
        error_code error;
        for (; reads > 0 && output_.is_open(); --reads) {
            const auto size = output_.read_some(asio::buffer(buffer_), error);
            if (error) return error == asio::error::would_block;
            if (!take(size)) return false;
        }
        return output_.is_open();
    }

    bool take(std::size_t size) {
        return lines_.feed({buffer_.data(), size}, [this](std::string_view line) { return deliver(line); });
    }

    // A copy, because the handler may destroy the Process and with it the handler.
    bool deliver(std::string_view line) {
        if (const auto on_line = on_line_) on_line(line);
        return !abandoned_;
    }

    const pid_t pid_;
    asio::posix::stream_descriptor watch_;  // the pidfd: readable when the child has ended
    asio::posix::stream_descriptor output_;
    asio::steady_timer grace_timer_;
    const core::Duration grace_;
    std::function<void(std::string_view)> on_line_;
    ports::ProcessLauncher::ExitHandler on_exit_;
    LineSplitter lines_;
    std::array<char, 4096> buffer_{};
    bool running_ = true;
    bool stopping_ = false;
    bool abandoned_ = false;
};

class ChildProcess final : public ports::Process {
  public:
    explicit ChildProcess(std::shared_ptr<Child> child) : child_(std::move(child)) {}
    ~ChildProcess() override { child_->abandon(); }

    int pid() const noexcept override { return child_->pid(); }
    bool running() const noexcept override { return child_->running(); }
    Result<void> signal(int number) override { return child_->signal(number); }
    void stop(int number) override { child_->stop(number); }

  private:
    std::shared_ptr<Child> child_;
};

}  // namespace

Result<std::unique_ptr<ports::Process>> ChildLauncher::spawn(ports::ProcessSpec spec, ExitHandler on_exit) {
    const auto started = start_child(spec);
    if (!started) return started.error();
    auto child = std::make_shared<Child>(io_, *started, std::move(spec), std::move(on_exit));
    child->start();
    return std::unique_ptr<ports::Process>(std::make_unique<ChildProcess>(std::move(child)));
}

}  // namespace antiphon::system
