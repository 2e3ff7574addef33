// Laws of supervision, on the simulated executor.
#include "actors/supervisor.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "actors/simulated_executor.hpp"

namespace antiphon::actors {
namespace {

using core::LocalTime;
using std::chrono::seconds;
using Seen = std::vector<std::string>;

struct Bench : ::testing::Test {
    // Fails at "throw", and with it loses what it had seen; "life" N is its Nth.
    struct Fragile : Actor<std::string> {
        Fragile(Seen& s, std::string n) : seen(s), name(std::move(n)) {}
        ~Fragile() override { seen.push_back(name + " is gone"); }
        void on_message(const std::string& message) override {
            if (message == "throw") throw std::runtime_error("it broke");
            if (message == "throw a number") throw 7;
            seen.push_back(name + " " + message);
        }
        Seen& seen;
        const std::string name;
    };

    Ref<std::string> spawn(Supervisor& supervisor, const std::string& name, MailboxPolicy policy = {}) {
        return supervisor.spawn<std::string>(name, policy, [this, name](const Ref<std::string>&) {
            return MadeActor<std::string>(std::make_unique<Fragile>(seen, name + std::to_string(++lives[name])));
        });
    }
    void advance(core::Duration by) { executor.run_until(executor.now() + by); }
    void fail(const Ref<std::string>& actor) {
        actor.tell("throw");
        advance(seconds(1));
    }
    Seen taken() { return std::exchange(seen, {}); }

    Seen seen;
    std::map<std::string, int> lives;
    Seen restarted;
    Seen gave_up;
    SimulatedExecutor executor{[](std::size_t) { return std::size_t{0}; }};  // before what its actors use
    SupervisorHandlers handlers{
        [this](const std::string& child, const std::string& why) { restarted.push_back(child + ": " + why); },
        [this](const std::string& why) { gave_up.push_back(why); }};
};

struct Supervision : Bench {};

TEST_F(Supervision, WhatFailsIsMadeAnewBehindTheSameAddressAndLosesOneMessage) {
    Supervisor top(executor, "node", {}, handlers);
    const auto actor = spawn(top, "decider");
    for (const auto* message : {"1", "throw", "2", "throw a number", "3"}) EXPECT_TRUE(actor.tell(message));
    advance({});
    EXPECT_EQ(seen, (Seen{"decider1 1", "decider1 is gone", "decider2 2", "decider2 is gone", "decider3 3"}));
    EXPECT_EQ(restarted, (Seen{"node/decider: it broke", "node/decider: an exception that tells nothing"}));
    EXPECT_EQ(top.counters().restarts, 2u);
}

TEST_F(Supervision, AFourthRestartWithinAMinuteIsAMatterForTheProcess) {
    Supervisor top(executor, "node", {}, handlers);
    const auto actor = spawn(top, "decider");
    for (int i = 0; i < 3; ++i) fail(actor);
    EXPECT_TRUE(gave_up.empty());
    fail(actor);
    EXPECT_EQ(gave_up, Seen{"node/decider failed more than 3 times in 60 s, at last: it broke"});
    EXPECT_EQ(lives["decider"], 4);
    EXPECT_TRUE(actor.tell("a last word")) << "waits for somebody who never comes";
    advance(seconds(100));
    EXPECT_EQ(lives["decider"], 4);
    EXPECT_EQ(top.counters().escalations, 1u);
}

TEST_F(Supervision, RestartsThatAreFarBetweenGoOnForEver) {
    Supervisor top(executor, "node", {}, handlers);
    const auto actor = spawn(top, "decider");
    for (int i = 0; i < 20; ++i) {
        fail(actor);
        advance(seconds(20));
    }
    EXPECT_TRUE(gave_up.empty());
    EXPECT_EQ(lives["decider"], 21);
}

TEST_F(Supervision, ItsFailureLeavesTheOthersAlone) {
    Supervisor top(executor, "node", {}, handlers);
    const auto one = spawn(top, "one");
    const auto two = spawn(top, "two");
    fail(one);
    two.tell("goes on");
    advance({});
    EXPECT_EQ(lives["two"], 1);
    EXPECT_EQ(seen.back(), "two1 goes on");
}

TEST_F(Supervision, TooManyFailuresBelowRestartTheWholeBranchWithAFreshLimit) {
    Supervisor top(executor, "node", {1, seconds(60)}, handlers);
    Supervisor branch(top, "audio", {});
    const auto one = spawn(branch, "one");
    const auto two = spawn(branch, "two");
    const auto other = spawn(top, "other");
    for (int i = 0; i < 4; ++i) fail(one);
    EXPECT_EQ(lives, (std::map<std::string, int>{{"one", 5}, {"two", 2}, {"other", 1}}));
    EXPECT_EQ(restarted.front(), "node/audio/one: it broke");
    EXPECT_EQ(restarted.back(), "node/audio: audio/one failed more than 3 times in 60 s, at last: it broke");
    for (int i = 0; i < 3; ++i) fail(two);
    EXPECT_TRUE(gave_up.empty());
    fail(two);
    ASSERT_EQ(gave_up.size(), 1u);
    EXPECT_NE(gave_up.front().find("node/audio failed more than 1 times"), std::string::npos) << gave_up.front();
}

TEST_F(Supervision, WhatCannotBeMadeIsTriedAsOftenAsWhatFails) {
    Supervisor top(executor, "node", {}, handlers);
    int tries = 0;
    const auto actor = top.spawn<int>("decider", {}, [&](const Ref<int>&) -> MadeActor<int> {
        if (++tries % 2 == 0) throw std::runtime_error("no memory");
        return core::Error{core::ErrorCode::corrupt, "its rows cannot be read"};
    });
    advance({});
    EXPECT_EQ(tries, 4);
    EXPECT_EQ(restarted.front(), "node/decider: its rows cannot be read");
    EXPECT_EQ(gave_up, Seen{"node/decider failed more than 3 times in 60 s, at last: no memory"});
}

TEST_F(Supervision, AStopWorksThroughWhatWaitsTheYoungestFirst) {
    Supervisor top(executor, "node", {}, handlers);
    Supervisor branch(top, "audio", {});
    const auto old = spawn(branch, "old");
    const auto young = spawn(branch, "young");
    const auto other = spawn(top, "other");
    advance({});  // all have begun
    for (const auto& actor : {old, young, other})
        for (const auto* message : {"1", "2"}) actor.tell(message);
    std::vector<std::size_t> done;
    const auto dead = dead_letters();
    top.stop(seconds(5), [&](std::size_t abandoned) { done.push_back(abandoned); });
    EXPECT_FALSE(other.tell("3")) << "the youngest, told first";
    advance({});
    EXPECT_EQ(taken(), (Seen{"old1 1", "old1 2", "young1 1", "young1 2", "other1 1", "other1 2", "other1 is gone",
                             "young1 is gone", "old1 is gone"}));
    EXPECT_EQ(done, std::vector<std::size_t>{0});
    EXPECT_FALSE(old.tell("3"));
    EXPECT_EQ(dead_letters(), dead + 2);
    advance(seconds(10));
    EXPECT_EQ(done.size(), 1u);
}

TEST_F(Supervision, WhatHasNotBegunWhenTheStopComesIsNotBegun) {
    Supervisor top(executor, "node", {}, handlers);
    const auto actor = spawn(top, "late");
    actor.tell("1");
    const auto dead = dead_letters();
    std::vector<std::size_t> done;
    top.stop(seconds(5), [&](std::size_t abandoned) { done.push_back(abandoned); });
    const auto later = spawn(top, "later");
    advance(seconds(6));
    EXPECT_TRUE(lives.empty());
    EXPECT_EQ(done, std::vector<std::size_t>{0});
    EXPECT_EQ(dead_letters(), dead + 1);
    EXPECT_FALSE(later.tell("2"));
}

TEST_F(Supervision, AStopIsNotHeldUpByWhatHasGivenUp) {
    Supervisor top(executor, "node", {0, seconds(60)}, handlers);
    const auto actor = spawn(top, "decider");
    fail(actor);
    ASSERT_EQ(gave_up.size(), 1u);
    std::vector<std::size_t> done;
    top.stop(seconds(5), [&](std::size_t abandoned) { done.push_back(abandoned); });
    advance({});
    EXPECT_EQ(done, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace antiphon::actors
