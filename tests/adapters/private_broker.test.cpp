// Laws of the private broker: nobody gets in or through who may not, and it lives exactly as long as we do.
#include "adapters/mqtt/private_broker.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <csignal>

#include "tests/adapters/mqtt_world.hpp"

namespace antiphon::tests {
namespace {

using core::ErrorCode;
using mqtt::Denial;
using testing::Contains;
using testing::HasSubstr;

struct Heard {
    mqtt::PrivateBrokerHandlers handlers() {
        return {.on_death = [this](const std::string& reason, bool escalate) { deaths.emplace_back(reason, escalate); },
                .on_restarted = [this] { ++restarts; },
                .on_denied = [this](const Denial& denial) { denials.push_back(denial); },
                .on_log = [this](std::string_view line) { log.emplace_back(line); }};
    }
    std::vector<std::pair<std::string, bool>> deaths;
    std::vector<Denial> denials;
    std::vector<std::string> log;
    int restarts = 0;
};

class PrivateBrokerTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(world.start()) << world.started->error().what; }
    bool until(const std::function<bool()>& predicate) { return run_until(world.io, predicate); }

    Heard heard;
    MqttWorld world{{.backoff = {.longest = std::chrono::milliseconds{200}}}, heard.handlers()};
};

// Goal: a worker reaches nothing but its own. Method: A tries everything; the coordinator and B listen.
TEST_F(PrivateBrokerTest, AWorkerWritesAndReadsItsOwnOnly) {
    const auto coordinator = world.connect("coordinator");
    coordinator->bus->subscribe("#");
    const auto a = world.connect("a");
    const auto b = world.connect("b");
    for (const auto* filter : {"#", "antiphon/#", "antiphon/v1/test/workers/+/command", "$SYS/#"})
        a->bus->subscribe(filter);
    b->bus->subscribe(world.topic("b", "command"));
    for (const auto* name : {"command", "desired", "reported", "reply", "event", "alive", "other"})
        EXPECT_TRUE(a->bus->publish({world.topic("b", name), "forged", true}));
    for (const auto* name : {"command", "desired", "other"})
        EXPECT_TRUE(a->bus->publish({world.topic("a", name), "forged", true}));
    EXPECT_TRUE(a->bus->publish({"antiphon/v1/test/cluster", "forged"}));
    EXPECT_TRUE(a->bus->publish({"elsewhere", "forged"}));
    for (const auto* name : {"reported", "reply", "event", "alive"})
        EXPECT_TRUE(a->bus->publish({world.topic("a", name), name}));
    ASSERT_TRUE(until([&] { return coordinator->has_heard("alive"); }));
    EXPECT_TRUE(coordinator->bus->publish({world.topic("b", "command"), "for b"}));
    EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "command"), "for a"}));
    ASSERT_TRUE(until([&] { return b->has_heard("for b") && a->has_heard("for a"); }));
    ASSERT_TRUE(until([&] { return coordinator->has_heard("for b") && coordinator->has_heard("for a"); }));

    EXPECT_FALSE(coordinator->has_heard("forged"));
    EXPECT_EQ(coordinator->heard.size(), 6U);
    EXPECT_EQ(a->heard.size(), 1U);
    EXPECT_EQ(b->heard.size(), 1U);
    // The one who was refused cannot know, but the log does.
    EXPECT_TRUE(until([&] { return heard.denials.size() >= 12; }));
    EXPECT_THAT(heard.denials, Contains(Denial{"a", world.topic("b", "command")}));
}

TEST_F(PrivateBrokerTest, OneThatHangsIsKilledForThatReasonAndComesBack) {
    const auto frozen = world.broker->pid();
    ASSERT_EQ(::kill(frozen, SIGSTOP), 0);
    world.broker->give_up("it did not answer");
    ASSERT_TRUE(until([&] { return heard.restarts == 1; }));
    EXPECT_NE(world.broker->pid(), frozen);
    ASSERT_EQ(heard.deaths.size(), 1U);
    EXPECT_THAT(heard.deaths[0].first, HasSubstr("killed by signal 9"));
    EXPECT_THAT(heard.deaths[0].first, HasSubstr("it did not answer"));
    EXPECT_EQ(world.broker->counters().hangs, 1U);
    EXPECT_EQ(world.broker->counters().deaths, 1U);
    EXPECT_TRUE(world.connect("a"));
}

TEST_F(PrivateBrokerTest, ItsFilesGoWithIt) {
    ASSERT_TRUE(std::filesystem::exists(world.settings.folder / "passwords"));
    world.broker.reset();
    EXPECT_FALSE(std::filesystem::exists(world.settings.folder / "passwords"));
}

TEST_F(PrivateBrokerTest, NobodyTakesOverAnotherWorkersSession) {
    const auto b = world.connect("b");
    auto disguise = world.login("a");
    disguise.client_id = "b";
    const auto a = world.connect(disguise);
    EXPECT_FALSE(run_until(world.io, [&] { return !b->up; }, std::chrono::milliseconds{300}));
    EXPECT_EQ(b->bus->counters().disconnects, 0U);
}

TEST_F(PrivateBrokerTest, LetsNobodyInWithoutAPassword) {
    auto login = world.login("a");
    login.username.clear();
    Client client(world.io, login);
    client.bus->connect();
    ASSERT_TRUE(until([&] { return !client.reasons.empty(); }));
    EXPECT_THAT(client.reasons[0], HasSubstr("not authorised"));
}

TEST_F(PrivateBrokerTest, AddsAndRemovesWorkersWhileItRuns) {
    const auto a = world.connect("a");
    const auto b = world.connect("b");
    Client late(world.io, world.login("c"));
    late.bus->connect();
    ASSERT_TRUE(until([&] { return !late.reasons.empty(); }));
    const int pid = world.broker->pid();
    ASSERT_TRUE(world.broker->set_workers(world.workers({"a", "c"})));
    EXPECT_TRUE(until([&] { return late.up && !b->up; }));
    EXPECT_EQ(world.broker->pid(), pid);
    EXPECT_EQ(a->bus->counters().disconnects, 0U);  // although its hash is another one now: the salt is new
    EXPECT_FALSE(world.broker->set_workers({{"evil\nuser", "$7$"}}));
    EXPECT_TRUE(late.up);
}

TEST_F(PrivateBrokerTest, ComesBackAndEscalatesWhenThatHappensTooOften) {
    const auto client = world.connect("a");
    for (std::size_t i = 1; i <= 4; ++i) {
        ::kill(world.broker->pid(), SIGKILL);
        ASSERT_TRUE(until([&] { return heard.restarts == static_cast<int>(i); }));
        ASSERT_EQ(heard.deaths.size(), i);
        EXPECT_THAT(heard.deaths.back().first, HasSubstr("killed by signal 9"));
        EXPECT_EQ(heard.deaths.back().second, i == 4) << i;
    }
    EXPECT_TRUE(until([&] { return client->up; }));
}

TEST_F(PrivateBrokerTest, ComesBackWithAllItsUsersWhenItsFolderIsGone) {
    const auto a = world.connect("a");
    ASSERT_TRUE(world.broker->set_workers(world.workers({"a", "c"})));
    std::filesystem::remove_all(world.settings.folder);
    ::kill(world.broker->pid(), SIGKILL);
    ASSERT_TRUE(until([&] { return heard.restarts == 1; })) << heard.deaths.back().first;
    EXPECT_TRUE(until([&] { return a->up; }));
    EXPECT_TRUE(world.connect("c")->up);
}

TEST_F(PrivateBrokerTest, SaysThatThePortIsTaken) {
    auto settings = world.settings;
    settings.folder = world.folder / "second";
    mqtt::PrivateBroker second(world.io, world.launcher, world.clock, world.random, settings);
    std::optional<core::Result<void>> result;
    second.start({}, [&](const core::Result<void>& r) { result = r; });
    ASSERT_TRUE(until([&] { return result.has_value(); }));
    ASSERT_FALSE(result->ok());
    EXPECT_EQ(result->error().what,
              "port " + std::to_string(settings.port) + " is in use by another program; choose another with --broker");
    EXPECT_FALSE(second.running());
}

TEST_F(PrivateBrokerTest, KeepsItsFilesPrivateAndRunsWithoutRights) {
    struct stat status{};
    for (const auto* name : {"passwords", "acl", "mosquitto.conf"}) {
        ASSERT_EQ(::stat((world.settings.folder / name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
    }
    struct stat process{};
    ASSERT_EQ(::stat(("/proc/" + std::to_string(world.broker->pid())).c_str(), &process), 0);
    EXPECT_EQ(process.st_uid, status.st_uid);
    if (::getuid() == 0) {
        EXPECT_NE(process.st_uid, 0U);
    }
}

TEST(PrivateBroker, SaysHowToInstallWhatIsMissing) {
    MqttWorld world({.program = "no-such-mosquitto"});
    EXPECT_FALSE(world.start());
    EXPECT_EQ(world.started->error().code, ErrorCode::not_found);
    EXPECT_EQ(world.started->error().what, "no-such-mosquitto is not installed: apt install mosquitto");
}

TEST(PrivateBroker, FindsAnotherFolderWhenItsUserCannotEnter) {
    if (::getuid() != 0) GTEST_SKIP() << "only root's broker runs as somebody else";
    MqttWorld world;
    std::filesystem::permissions(world.folder, std::filesystem::perms{0700});
    ASSERT_TRUE(world.start()) << world.started->error().what;
    EXPECT_TRUE(world.connect("a")->up);
    EXPECT_FALSE(std::filesystem::exists(world.folder / "broker"));
    std::filesystem::remove_all("/run/antiphon-broker-" + std::to_string(world.settings.port));
}

// Goal: who joins in the broker's first moments gets in, and does not kill it. Method: the files change at each stage
// of its start.
TEST(PrivateBroker, AddsWorkersWhileItStarts) {
    for (int handlers = 0; handlers < 8; ++handlers) {
        MqttWorld world;
        std::optional<core::Result<void>> started;
        world.broker->start(world.workers({"a"}), [&](const core::Result<void>& result) { started = result; });
        world.io.restart();
        for (int i = 0; i < handlers; ++i) world.io.run_one_for(std::chrono::milliseconds{2});
        ASSERT_TRUE(world.broker->set_workers(world.workers({"a", "c"})));
        ASSERT_TRUE(run_until(world.io, [&] { return started.has_value(); }));
        ASSERT_TRUE(started->ok()) << handlers << ": " << started->error().what;
        EXPECT_TRUE(world.connect("c")->up);
        EXPECT_EQ(world.broker->counters().deaths, 0U);
    }
}

// Goal: who joins while Mosquitto reads its files gets in: it forgets a signal that comes while it does. Method: it has
// very much to read, and the next worker comes as soon as it says that it begins.
TEST_F(PrivateBrokerTest, AddsAWorkerWhileTheBrokerReadsItsFiles) {
    const auto reloads = [&] { return std::count(heard.log.begin(), heard.log.end(), "Reloading config."); };
    const auto hash = mqtt::password_hash("same", world.random);
    std::vector<mqtt::BrokerUser> crowd;
    for (int i = 0; i < 20000; ++i) crowd.push_back({"u" + std::to_string(i), hash});
    ASSERT_TRUE(world.broker->set_workers(crowd));
    ASSERT_TRUE(until([&] { return reloads() > 0; }));
    ASSERT_TRUE(world.broker->set_workers(world.workers({"late"})));
    EXPECT_TRUE(world.connect("late")->up);
}

TEST(PrivateBroker, CanBeDestroyedWhileItStarts) {
    for (int handlers = 0; handlers < 20; ++handlers) {
        MqttWorld world;
        world.broker->start({}, [](const core::Result<void>&) {});
        world.io.restart();
        for (int i = 0; i < handlers; ++i) world.io.run_one_for(std::chrono::milliseconds{2});
    }
}

// Goal: no broker is left behind. Method: a forked helper starts one, and is killed.
TEST(PrivateBroker, DiesWithAParentThatIsKilled) {
    const auto folder = MqttWorld::make_folder();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t helper = ::fork();
    if (helper == 0) {
        MqttWorld world({.folder = folder});
        const int pid = world.start() ? world.broker->pid() : -1;
        if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
        for (;;) ::pause();
    }
    int broker = -1;
    ASSERT_EQ(::read(ends[0], &broker, sizeof broker), static_cast<ssize_t>(sizeof broker));
    ASSERT_GT(broker, 0);
    const int watch = static_cast<int>(::syscall(SYS_pidfd_open, broker, 0U));
    ASSERT_GE(watch, 0);
    ::kill(helper, SIGKILL);
    ::waitpid(helper, nullptr, 0);
    pollfd wait{watch, POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 5000), 1);
    for (const int fd : {ends[0], ends[1], watch}) ::close(fd);
    std::filesystem::remove_all(folder);
}

// Goal: the whole way works without root. Method: a forked helper becomes nobody, and runs it.
TEST(PrivateBroker, RunsAsAnyUser) {
    if (::getuid() != 0) GTEST_SKIP() << "not root: the other tests here already run as an ordinary user";
    const pid_t helper = ::fork();
    if (helper == 0) {
        constexpr unsigned nobody = 65534;
        if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(3);
        MqttWorld world;
        if (!world.start()) {
            std::fprintf(stderr, "%s\n", world.started ? world.started->error().what.c_str() : "no answer");
            ::_exit(4);
        }
        const auto coordinator = world.connect("coordinator");
        coordinator->bus->subscribe(world.everything());
        const auto worker = world.connect("a");
        static_cast<void>(worker->bus->publish({world.topic("a", "event"), "hello"}));
        const bool heard = run_until(world.io, [&] { return coordinator->has_heard("hello"); });
        std::filesystem::remove_all(world.folder);
        ::_exit(heard ? 0 : 5);
    }
    int status = 0;
    ::waitpid(helper, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace antiphon::tests
