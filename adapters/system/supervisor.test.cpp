// Laws of the supervisor: what dies comes back, at most three times a minute; what ends cleanly stays ended.
#include "adapters/system/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <fstream>
#include <utility>

#include "adapters/system/child_process.hpp"
#include "adapters/system/clock.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/random.hpp"
#include "adapters/system/signals.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::system {
namespace {

using tests::run_until;

// A clock that stands still until it is told otherwise.
class ManualClock final : public ports::Clock {
  public:
    core::LocalTime now() const noexcept override { return time; }
    core::WallTime wall() const noexcept override { return {}; }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point) const noexcept override { return time; }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds) const noexcept override { return time; }
    std::chrono::steady_clock::duration wait_for(core::LocalTime) const noexcept override { return {}; }

    core::LocalTime time;
};

// Children that die when the test says so.
class ScriptedLauncher final : public ports::ProcessLauncher {
  public:
    struct Fake final : ports::Process {
        explicit Fake(ScriptedLauncher& owner) : owner_(owner) {}
        int pid() const noexcept override { return 1; }
        bool running() const noexcept override { return true; }
        core::Result<void> signal(int) override { return {}; }
        void stop(int number) override { owner_.stopped_with = number; }
        ScriptedLauncher& owner_;
    };

    core::Result<std::unique_ptr<ports::Process>> spawn(ports::ProcessSpec, ExitHandler on_exit) override {
        ++starts;
        die = std::move(on_exit);
        return std::unique_ptr<ports::Process>(std::make_unique<Fake>(*this));
    }

    void kill(ports::ProcessExit exit) { std::exchange(die, nullptr)(exit); }
    ExitHandler die;
    int starts = 0;
    int stopped_with = 0;
};

class SupervisorTest : public testing::Test {
  protected:
    void SetUp() override { log::configure({.level = log::Level::error}); }
    void TearDown() override { log::configure({}); }

    ManualClock clock;
    ScriptedLauncher launcher;
    std::optional<int> code;
    Supervisor supervisor{launcher, clock, {.command = {"x"}}, [this](int exit_code) { code = exit_code; }};
};

TEST_F(SupervisorTest, GivesUpAtTheFourthDeathInAMinute) {
    supervisor.start();
    for (int i = 0; i < 3; ++i) launcher.kill({1, 0});
    EXPECT_EQ(launcher.starts, 4);
    EXPECT_FALSE(code);
    launcher.kill({0, SIGKILL});
    EXPECT_EQ(code, 1);
    EXPECT_EQ(launcher.starts, 4);
}

TEST_F(SupervisorTest, GoesOnForEverWhenDeathsAreRare) {
    supervisor.start();
    for (int i = 0; i < 100; ++i) {
        clock.time = clock.time + std::chrono::seconds{21};
        launcher.kill({1, 0});
    }
    EXPECT_FALSE(code);
    EXPECT_EQ(supervisor.restarts(), 100U);
}

TEST_F(SupervisorTest, EndsWithACleanExit) {
    supervisor.start();
    launcher.kill({0, 0});
    EXPECT_EQ(code, 0);
}

TEST_F(SupervisorTest, ForwardsASignalAndRestartsNothingAfterIt) {
    supervisor.start();
    supervisor.stop(SIGTERM);
    EXPECT_EQ(launcher.stopped_with, SIGTERM);
    EXPECT_FALSE(code);
    launcher.kill({0, SIGTERM});
    EXPECT_EQ(code, 0);
    EXPECT_EQ(launcher.starts, 1);
}

TEST(Supervise, RestartsARealCommandThreeTimesThenGivesUp) {
    const auto file = testing::TempDir() + "antiphon-supervise-" + random_hex(8);
    EXPECT_EQ(supervise({"sh", "-c", "echo x >> " + file + "; kill -9 $$"}), 1);
    std::ifstream written(file);
    std::string text((std::istreambuf_iterator<char>(written)), {});
    EXPECT_EQ(text, "x\nx\nx\nx\n");
    ::unlink(file.c_str());
}

TEST(Supervise, EndsWithItsCommandAndRefusesWhatCannotStart) {
    EXPECT_EQ(supervise({"true"}), 0);
    EXPECT_EQ(supervise({"/no/such/program"}), 1);
}

TEST(Termination, ReachesTheLoopAsOftenAsItIsSent) {
    boost::asio::io_context io;
    int seen = 0;
    const auto watch = on_termination(io, [&](int signal) { seen += signal == SIGTERM; });
    ::raise(SIGTERM);
    ASSERT_TRUE(run_until(io, [&] { return seen == 1; }));
    ::raise(SIGTERM);
    EXPECT_TRUE(run_until(io, [&] { return seen == 2; }));
}

}  // namespace
}  // namespace antiphon::system
