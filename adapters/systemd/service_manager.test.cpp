// Laws of the service manager's news, heard by a socket such as systemd's.
#include "adapters/systemd/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "tests/support/run_until.hpp"

namespace antiphon::systemd {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::milliseconds watchdog{200};

// systemd, as far as a service sees it.
class ServiceManagerTest : public testing::Test {
  protected:
    ServiceManagerTest() {
        const auto name = "/tmp/antiphon-notify-" + std::to_string(::getpid());
        path = name;
        std::filesystem::remove(path);
        fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        set_watchdog(watchdog);
    }
    ~ServiceManagerTest() override {
        for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
        ::close(fd);
        std::filesystem::remove(path);
    }

    static void set_watchdog(std::chrono::microseconds time) {
        ::setenv("WATCHDOG_USEC", std::to_string(time.count()).c_str(), 1);
        ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    }

    // Everything that was said since the last call.
    const std::vector<std::string>& heard() {
        char text[4096];
        for (ssize_t size; (size = ::recv(fd, text, sizeof text, 0)) > 0;)
            words.emplace_back(text, static_cast<std::size_t>(size));
        return words;
    }
    std::size_t fed() {
        const auto& all = heard();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const auto& word) { return word.starts_with("WATCHDOG=1"); }));
    }

    std::filesystem::path path;
    int fd = -1;
    std::vector<std::string> words;
    boost::asio::io_context io;
};

TEST_F(ServiceManagerTest, SaysReadyOnceAndNotBeforeItIs) {
    ServiceManager manager(io);
    Sign sign{false, "waits"};
    manager.watch([&](const auto& answer) { answer(sign); });
    EXPECT_THAT(heard(), ElementsAre("WATCHDOG=1\nSTATUS=waits\n"));
    sign = {true, "leads"};
    manager.look();
    manager.look();
    EXPECT_THAT(heard(),
                ElementsAre("WATCHDOG=1\nSTATUS=waits\n", "WATCHDOG=1\nREADY=1\nSTATUS=leads\n", "WATCHDOG=1\n"));
}

TEST_F(ServiceManagerTest, FeedsTheWatchdogOnlyWhileItIsAnswered) {
    ServiceManager manager(io);
    bool answers = true;
    std::size_t asked = 0;
    std::vector<ServiceManager::Answer> kept;
    manager.watch([&](auto answer) {
        ++asked;
        answers ? answer({true, ""}) : kept.push_back(answer);
    });
    ASSERT_TRUE(tests::run_until(io, [&] { return fed() >= 3; }));
    answers = false;
    ASSERT_TRUE(tests::run_until(io, [&] { return !kept.empty(); }));
    const auto before = fed();
    const auto asked_before = asked;
    EXPECT_FALSE(tests::run_until(io, [&] { return fed() > before; }, 3 * watchdog));
    EXPECT_EQ(asked, asked_before) << "questions pile up at who does not answer";
    kept.front()({true, ""});
    EXPECT_EQ(fed(), before + 1);
}

TEST_F(ServiceManagerTest, AsksAgainWhenItsQuestionWasThrownAway) {
    ServiceManager manager(io);
    std::size_t asked = 0;
    manager.watch([&](const auto& answer) {
        if (++asked > 2) answer({true, ""});  // the first two found a full mailbox
    });
    EXPECT_TRUE(tests::run_until(io, [&] { return fed() > 0; }));
}

TEST_F(ServiceManagerTest, WithoutAWatchdogThereIsNothingToFeed) {
    ::unsetenv("WATCHDOG_USEC");
    ServiceManager manager(io);
    manager.watch([&](const auto& answer) { answer({true, "leads"}); });
    EXPECT_THAT(heard(), ElementsAre("READY=1\nSTATUS=leads\n"));
}

TEST_F(ServiceManagerTest, AWatchdogOfAnotherProcessIsNotOurs) {
    ::setenv("WATCHDOG_PID", "1", 1);
    ServiceManager manager(io);
    manager.watch([&](const auto& answer) { answer({true, ""}); });
    EXPECT_THAT(heard(), ElementsAre("READY=1\n"));
}

TEST_F(ServiceManagerTest, ANameForgesNoAssignment) {
    ServiceManager manager(io);
    manager.watch([&](const auto& answer) { answer({false, "plays x\nREADY=1"}); });
    EXPECT_THAT(heard(), ElementsAre("WATCHDOG=1\nSTATUS=plays x READY=1\n"));
}

TEST_F(ServiceManagerTest, TellsThatItEnds) {
    ServiceManager manager(io);
    manager.watch([&](const auto& answer) { answer({true, "leads"}); });
    manager.stopping();
    EXPECT_THAT(heard(), Contains(HasSubstr("STOPPING=1")));
    words.clear();
    manager.look();
    EXPECT_THAT(heard(), ElementsAre("WATCHDOG=1\n"));
}

TEST_F(ServiceManagerTest, WithoutAServiceManagerNobodyIsAsked) {
    ::unsetenv("NOTIFY_SOCKET");
    ServiceManager manager(io);
    std::size_t asked = 0;
    manager.watch([&](const auto&) { ++asked; });
    manager.look();
    manager.stopping();
    EXPECT_EQ(asked, 0u);
    EXPECT_THAT(heard(), Not(Contains(HasSubstr("="))));
}

}  // namespace
}  // namespace antiphon::systemd
