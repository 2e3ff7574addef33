// Laws of child processes: their exit is seen, their end can be forced, and they never outlive us.
#include "adapters/system/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/support/run_until.hpp"

namespace antiphon::system {
namespace {

using core::ErrorCode;
using ports::ProcessExit;
using testing::ElementsAre;
using tests::run_until;

class ChildProcessTest : public testing::Test {
  protected:
    // Runs a shell script to its end, and returns what it wrote.
    ports::ProcessSpec shell(const std::string& script) {
        return {.argv = {"sh", "-c", script}, .on_line = [this](std::string_view line) { lines.emplace_back(line); }};
    }

    std::unique_ptr<ports::Process> start(ports::ProcessSpec spec) {
        auto spawned = launcher.spawn(std::move(spec), [this](const ProcessExit& e) { exit = e; });
        EXPECT_TRUE(spawned) << spawned.error().what;
        return std::move(*spawned);
    }

    bool ends() {
        return run_until(io, [this] { return exit.has_value(); });
    }
    bool has_lines(std::size_t count) {
        return run_until(io, [&] { return lines.size() >= count; });
    }

    boost::asio::io_context io;
    ChildLauncher launcher{io};
    std::vector<std::string> lines;
    std::optional<ProcessExit> exit;
};

TEST_F(ChildProcessTest, ReportsExitCodeAfterTheLastLine) {
    const auto child = start(shell("echo one; printf 'two\\r\\nthree' >&2; exit 3"));
    ASSERT_TRUE(ends());
    EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
    EXPECT_EQ(*exit, (ProcessExit{3, 0}));
    EXPECT_EQ(exit->text(), "exit code 3");
    EXPECT_FALSE(child->running());
    EXPECT_EQ(child->signal(SIGHUP).error().code, ErrorCode::not_found);
}

TEST_F(ChildProcessTest, IsNotTheServiceThatTheServiceManagerStarted) {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::setenv(name, "ours", 1);
    const auto child = start(shell("echo ${NOTIFY_SOCKET-none} ${WATCHDOG_USEC-none} ${WATCHDOG_PID-none}"));
    EXPECT_TRUE(ends());
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    EXPECT_THAT(lines, ElementsAre("none none none"));
}

TEST_F(ChildProcessTest, ReportsTheSignalThatKilledIt) {
    const auto child = start(shell("kill -9 $$"));
    ASSERT_TRUE(ends());
    EXPECT_EQ(*exit, (ProcessExit{0, SIGKILL}));
    EXPECT_EQ(exit->text(), "killed by signal 9 (Killed)");
}

TEST_F(ChildProcessTest, SaysWhyAProgramCannotStart) {
    EXPECT_EQ(launcher.spawn({.argv = {"no-such-program"}}, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(launcher.spawn({.argv = {"/no/such/program"}}, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(launcher.spawn({.argv = {"/etc/passwd"}}, {}).error().code, ErrorCode::denied);
    EXPECT_EQ(launcher.spawn({.argv = {"true"}, .user = "no-such-user"}, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(launcher.spawn({}, {}).error().code, ErrorCode::invalid);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // and leaves no zombie
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(ChildProcessTest, SetsEnvironmentAndDirectory) {
    auto spec = shell("echo $A $B ${HOME:-none}; pwd");
    spec.environment = {"A=1", "B=two"};
    spec.clear_environment = true;
    spec.directory = "/usr";
    const auto child = start(spec);
    ASSERT_TRUE(ends());
    EXPECT_THAT(lines, ElementsAre("1 two none", "/usr"));
}

TEST_F(ChildProcessTest, KeepsOurEnvironmentExceptWhatIsSet) {
    ::setenv("ANTIPHON_TEST_A", "ours", 1);
    ::setenv("ANTIPHON_TEST_AB", "kept", 1);
    auto spec = shell("echo $ANTIPHON_TEST_A $ANTIPHON_TEST_AB");
    spec.environment = {"ANTIPHON_TEST_A=theirs"};
    const auto child = start(spec);
    ASSERT_TRUE(ends());
    EXPECT_THAT(lines, ElementsAre("theirs kept"));
}

TEST_F(ChildProcessTest, InheritsNoDescriptorAndNoSignalMask) {
    const int ours = ::dup(0);  // not close-on-exec
    sigset_t usr1, before;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
    ::signal(SIGPIPE, SIG_IGN);
    const auto child =
        start({.argv = {"sh", "-c", "ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status"},
               .on_line = [this](std::string_view line) { lines.emplace_back(line); }});
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ASSERT_TRUE(ends());
    ::close(ours);
    EXPECT_THAT(lines, ElementsAre("4", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"));
}

TEST_F(ChildProcessTest, EndsOnStopAndIsKilledAfterTheGrace) {
    auto polite = start(shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do read x || sleep 0.01; done"));
    ASSERT_TRUE(has_lines(1));
    polite->stop(SIGTERM);
    ASSERT_TRUE(ends());
    EXPECT_EQ(lines.back(), "bye");
    EXPECT_TRUE(exit->clean());

    exit.reset();
    lines.clear();
    auto spec = shell("trap '' TERM; echo ready; while :; do read x || sleep 0.01; done");
    spec.grace = std::chrono::milliseconds{50};
    auto stubborn = start(spec);
    ASSERT_TRUE(has_lines(1));
    stubborn->stop(SIGTERM);
    ASSERT_TRUE(ends());
    EXPECT_EQ(exit->signal, SIGKILL);
}

TEST_F(ChildProcessTest, TakesItsOwnChildrenAlong) {
    const auto child = start(shell("sleep 1000 & echo $!; exit 0"));
    ASSERT_TRUE(ends());  // although the grandchild holds the pipe
    ASSERT_EQ(lines.size(), 1U);
    const auto grandchild = static_cast<pid_t>(std::stol(lines[0]));
    EXPECT_TRUE(run_until(io, [&] {
        std::string state = "/proc/" + lines[0] + "/status";
        return ::kill(grandchild, 0) != 0 || ::access(state.c_str(), R_OK) != 0 || [&] {
            FILE* file = std::fopen(state.c_str(), "r");
            char text[512] = {};
            if (file) std::fread(text, 1, sizeof text - 1, file), std::fclose(file);
            return std::strstr(text, "Z (zombie)") != nullptr;
        }();
    }));
}

TEST_F(ChildProcessTest, DestroyingItKillsItAndCallsNothing) {
    auto child = start(shell("trap '' TERM; echo ready; while :; do read x || sleep 0.01; done"));
    ASSERT_TRUE(has_lines(1));
    const int pid = child->pid();
    child.reset();
    EXPECT_EQ(::kill(pid, 0), -1);
    io.restart();
    io.run();
    EXPECT_FALSE(exit);
}

TEST_F(ChildProcessTest, MayBeDestroyedByItsOwnHandlers) {
    std::unique_ptr<ports::Process> child;
    auto spec = shell("yes | head -1000; exec sleep 1000");
    int seen = 0;
    spec.on_line = [&](std::string_view) { ++seen, child.reset(); };
    child = start(spec);
    ASSERT_TRUE(run_until(io, [&] { return !child; }));
    io.restart();
    io.run();
    EXPECT_EQ(seen, 1);
    EXPECT_FALSE(exit);
}

TEST_F(ChildProcessTest, CutsEndlessLinesIntoPieces) {
    const auto child = start(shell("head -c 10000 /dev/zero | tr '\\0' x"));
    ASSERT_TRUE(ends());
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].size(), 4096U);
    EXPECT_EQ(lines[2].size(), 10000U - 2 * 4096U);
}

TEST_F(ChildProcessTest, RunsAsAnotherUserWhenWeAreRoot) {
    auto spec = shell("id -un; id -Gn");
    spec.user = "nobody";
    if (::getuid() != 0) {
        EXPECT_EQ(launcher.spawn(spec, {}).error().code, ErrorCode::denied);
        return;
    }
    const auto child = start(spec);
    ASSERT_TRUE(ends());
    EXPECT_THAT(lines, ElementsAre("nobody", "nogroup"));
}

// Goal: no orphan even when we get no chance to clean up. Method: a forked helper starts a child, and is killed.
TEST(ChildProcess, DiesWithAParentThatIsKilled) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t helper = ::fork();
    if (helper == 0) {
        boost::asio::io_context io;
        ChildLauncher launcher{io};
        const auto child = launcher.spawn({.argv = {"sleep", "1000"}}, {});
        const pid_t pid = child ? (*child)->pid() : -1;
        if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
        for (;;) ::pause();
    }
    pid_t grandchild = -1;
    ASSERT_EQ(::read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
    ASSERT_GT(grandchild, 0);
    const int watch = static_cast<int>(::syscall(SYS_pidfd_open, grandchild, 0U));
    ::kill(helper, SIGKILL);
    ::waitpid(helper, nullptr, 0);
    pollfd wait{watch, POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 5000), 1);
    for (const int fd : {ends[0], ends[1], watch}) ::close(fd);
}

}  // namespace
}  // namespace antiphon::system
