// The child's side of a start: async-signal-safe calls only, no allocation, no locks, no C++ library.
#include "adapters/system/child_exec.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

namespace antiphon::system {
namespace {

[[noreturn]] void fail(const ExecPlan& plan, const char* step) noexcept {
    ExecFailure failure;
    failure.error = errno;
    std::strncpy(failure.step, step, sizeof failure.step - 1);
    const auto written = ::write(plan.report_fd, &failure, sizeof failure);
    static_cast<void>(written);
    ::_exit(127);
}

void default_signals() noexcept {
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Raw system calls: the library's setuid talks to all threads of the process, which here are our parent's.
void become_user(const ExecPlan& plan) noexcept {
    if (!plan.change_user) return;
    if (::syscall(SYS_setgroups, plan.groups_count, plan.groups) != 0) fail(plan, "setgroups");
    if (::syscall(SYS_setresgid, plan.group, plan.group, plan.group) != 0) fail(plan, "setgid");
    if (::syscall(SYS_setresuid, plan.user, plan.user, plan.user) != 0) fail(plan, "setuid");
}

// After the change of user, which clears the death signal. The parent may have died before the prctl, so look after it.
void die_with_parent(const ExecPlan& plan) noexcept {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(plan, "prctl");
    if (::getppid() != plan.parent) ::_exit(127);
}

void close_others_on_exec() noexcept {
    if (::syscall(SYS_close_range, 3U, UINT_MAX, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) return;
    for (int fd = 3; fd < 1024; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // kernels before 5.11
}

[[noreturn]] void run_child(const ExecPlan& plan) noexcept {
    if (::setpgid(0, 0) != 0) fail(plan, "setpgid");
    if (::dup2(plan.null_fd, STDIN_FILENO) < 0) fail(plan, "stdin");
    if (plan.output_fd >= 0) {
        if (::dup2(plan.output_fd, STDOUT_FILENO) < 0) fail(plan, "stdout");
        if (::dup2(plan.output_fd, STDERR_FILENO) < 0) fail(plan, "stderr");
    }
    if (plan.directory && ::chdir(plan.directory) != 0) fail(plan, "chdir");
    close_others_on_exec();
    become_user(plan);
    die_with_parent(plan);
    default_signals();
    ::execve(plan.program, plan.arguments, plan.environment);
    fail(plan, "exec");
}

}  // namespace

pid_t launch(const ExecPlan& plan) noexcept {
    // A process of another user must not share our memory, however shortly.
    const pid_t pid = plan.change_user ? ::fork() : ::vfork();
    if (pid == 0) run_child(plan);
    return pid;
}

}  // namespace antiphon::system
