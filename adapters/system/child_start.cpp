// Looks up program and user, builds the arguments, forks, and waits for the exec to succeed or fail.
#include "adapters/system/child_start.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "adapters/system/child_exec.hpp"
#include "adapters/system/child_process.hpp"

namespace antiphon::system {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr int pipe_bytes = 1 << 20;

class Fd {
  public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { reset(); }
    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void reset() noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    int fd_;
};

struct Pipe {
    Fd read, write;
};

struct User {
    uid_t id = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
};

Error system_error(const std::string& what, int number) {
    const bool missing = number == ENOENT || number == ENOTDIR;
    const bool denied = number == EACCES || number == EPERM;
    const auto code = missing ? ErrorCode::not_found : denied ? ErrorCode::denied : ErrorCode::unavailable;
    return {code, what + ": " + std::strerror(number)};
}

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno);
    return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

Result<User> find_user(const std::string& name) {
    std::vector<char> memory(16384);
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
    if (!found)
        return Error{ErrorCode::not_found,
                     "user '" + name + "' does not exist" + (error ? std::string(": ") + std::strerror(error) : "")};
    User user{entry.pw_uid, entry.pw_gid, std::vector<gid_t>(64)};
    int count = static_cast<int>(user.groups.size());
    if (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0) count = 1;
    user.groups.resize(static_cast<std::size_t>(count));
    return user;
}

// What the service manager gave us is for us alone: mosquitto, too, would say READY=1.
bool is_ours_alone(std::string_view name) {
    return name == "NOTIFY_SOCKET=" || name == "WATCHDOG_USEC=" || name == "WATCHDOG_PID=";
}

std::vector<std::string> full_environment(const ports::ProcessSpec& spec) {
    std::vector<std::string> all = spec.environment;
    if (spec.clear_environment) return all;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text{*entry};
        const auto name = text.substr(0, text.find('=') + 1);
        bool replaced = is_ours_alone(name);
        for (const auto& own : spec.environment) replaced = replaced || own.starts_with(name);
        if (!replaced) all.emplace_back(text);
    }
    return all;
}

// The null-terminated array that exec wants; points into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// No handler of ours may run in the child, which shares our memory: a signal that arrives meanwhile waits.
pid_t launch_with_signals_blocked(const ExecPlan& plan) {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = launch(plan);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

// Blocks until the exec has closed the other end, or its failure arrives.
std::optional<ExecFailure> read_failure(int fd) {
    ExecFailure failure;
    ssize_t size;
    do size = ::read(fd, &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    if (size != sizeof failure) return std::nullopt;
    return failure;
}

// Leaves the plan's pointers valid for the duration of the launch only.
Result<pid_t> launch_spec(const ports::ProcessSpec& spec, ExecPlan plan, Pipe& report) {
    const auto* path = std::getenv("PATH");
    const auto program = find_program(spec.argv.front(), path ? path : "/usr/bin:/bin");
    if (!program) return program.error();
    User user;
    if (spec.user) {
        auto found = find_user(*spec.user);
        if (!found) return found.error();
        user = std::move(*found);
    }
    auto argument_texts = spec.argv;
    auto environment_texts = full_environment(spec);
    const auto arguments = pointers(argument_texts);
    const auto environment = pointers(environment_texts);
    plan.program = program->c_str();
    plan.arguments = arguments.data();
    plan.environment = environment.data();
    plan.directory = spec.directory.empty() ? nullptr : spec.directory.c_str();
    plan.report_fd = report.write.get();
    plan.parent = ::getpid();
    plan.change_user = spec.user.has_value();
    plan.user = user.id;
    plan.group = user.group;
    plan.groups = user.groups.data();
    plan.groups_count = user.groups.size();

    const pid_t pid = launch_with_signals_blocked(plan);
    if (pid < 0) return system_error("start '" + *program + "': fork", errno);
    report.write.reset();
    if (const auto failure = read_failure(report.read.get())) {
        ::waitpid(pid, nullptr, 0);
        return system_error("start '" + *program + "': " + failure->step, failure->error);
    }
    return pid;
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& path) {
    if (name.find('/') != std::string::npos) return name;
    std::istringstream folders(path + ":/usr/local/sbin:/usr/sbin:/sbin");
    for (std::string folder; !name.empty() && std::getline(folders, folder, ':');) {
        const auto candidate = folder + "/" + name;
        if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return Error{ErrorCode::not_found, "program '" + name + "' is not installed, or not in PATH"};
}

Result<Started> start_child(const ports::ProcessSpec& spec) {
    if (spec.argv.empty() || spec.argv.front().empty())
        return Error{ErrorCode::invalid, "no program to start was named"};
    const Fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    if (null.get() < 0) return system_error("/dev/null", errno);
    auto report = make_pipe();
    if (!report) return report.error();
    Pipe output;
    if (spec.on_line) {
        auto made = make_pipe();
        if (!made) return made.error();
        output = std::move(*made);
        // A child that talks while our loop is busy shall not have to wait; a smaller pipe will do as well.
        ::fcntl(output.write.get(), F_SETPIPE_SZ, pipe_bytes);
    }
    ExecPlan plan;
    plan.null_fd = null.get();
    plan.output_fd = output.write.get();
    const auto pid = launch_spec(spec, plan, *report);
    if (!pid) return pid.error();
    Fd watch{static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0U))};
    if (watch.get() < 0) {
        const auto error = system_error("watch process (Linux 5.3 or newer is needed): pidfd_open", errno);
        ::kill(-*pid, SIGKILL);
        ::waitpid(*pid, nullptr, 0);
        return error;
    }
    return Started{*pid, watch.release(), output.read.release()};
}

}  // namespace antiphon::system
