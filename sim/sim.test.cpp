// Laws of the simulator itself: it replays, it exercises, and it would notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "actors/simulated_executor.hpp"
#include "sim/cluster.hpp"
#include "sim/simulation.hpp"
#include "sim/skewed_executor.hpp"

namespace antiphon::sim {
namespace {

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
    for (const std::uint64_t seed : {1u, 2u, 77u}) {
        const auto first = run({.seed = seed});
        const auto again = run({.seed = seed});
        EXPECT_EQ(first.hash, again.hash) << "seed " << seed;
        EXPECT_EQ(first.lines, again.lines) << "seed " << seed;
    }
}

TEST(Simulation, ReadingTheTraceDoesNotChangeIt) {
    std::uint64_t lines = 0;
    const auto read = run({.seed = 5}, [&](std::string_view) { ++lines; });
    EXPECT_EQ(lines, read.lines);
    EXPECT_EQ(read.hash, run({.seed = 5}).hash);
}

TEST(Simulation, OtherSeedsGiveOtherTraces) { EXPECT_NE(run({.seed = 1}).hash, run({.seed = 2}).hash); }

TEST(Simulation, TheLawsHoldInASmallSweepThatExercisesEnough) {
    Sweep sweep;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const auto outcome = run({.seed = seed});
        EXPECT_FALSE(outcome.broken) << "seed " << seed << ": " << *outcome.broken;
        sweep.add(outcome);
    }
    EXPECT_FALSE(sweep.too_little()) << *sweep.too_little();
}

TEST(Simulation, ASweepThatDidNothingFails) {
    Sweep sweep;
    sweep.add(Outcome{});
    EXPECT_TRUE(sweep.too_little());
}

// Each knows the newest epoch and has the newest document that is meant for it.
bool all_obey(Cluster& cluster) {
    const auto& durable = cluster.coordinator().durable();
    return std::all_of(cluster.workers().begin(), cluster.workers().end(), [&](const auto& worker) {
        const auto* row = durable.workers.find(worker->id());
        const auto& memory = worker->durable();
        return row && memory.epoch == durable.cluster.epoch && memory.desired.generation == row->generation;
    });
}

// How long until all obey, in the cluster's time.
core::Duration convergence(Cluster& cluster) {
    const auto begin = cluster.now();
    while (!all_obey(cluster) && cluster.now() - begin < std::chrono::seconds(60))
        cluster.run_for(std::chrono::milliseconds(10));
    return cluster.now() - begin;
}

TEST(Cluster, OfAThousandWorkersObeysWithin5sOfItsCoordinatorsRestart) {
    constexpr std::size_t many = 1000;
    Random random(11);
    Cluster cluster(random, {});
    cluster.coordinator().start();
    for (std::size_t i = 0; i < many; ++i) {
        cluster.join("node" + std::to_string(i));
        cluster.run_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(cluster.workers().size(), many);
    ASSERT_LT(convergence(cluster), std::chrono::seconds(60));
    NetworkFaults slow;
    slow.delay_max = std::chrono::seconds(1);
    cluster.network().set_faults(slow);
    cluster.ask(core::ZoneSetRequest{"hall", {"node1/speaker", "node999/speaker"}, {}, true});
    cluster.run_for(std::chrono::seconds(1));
    cluster.crash(cluster.coordinator());
    cluster.run_for(std::chrono::seconds(3));
    cluster.coordinator().start();
    cluster.run_for({});  // it has its new epoch
    const auto took = convergence(cluster);
    EXPECT_GT(took, core::Duration{0}) << "nothing had to be told";
    EXPECT_LT(took, std::chrono::seconds(5));
    EXPECT_FALSE(cluster.checker().broken()) << *cluster.checker().broken();
    RecordProperty("converged_ms", std::to_string(took.count() / 1'000'000));
}

TEST(Checker, RemembersTheFirstBrokenLaw) {
    Checker checker;
    EXPECT_FALSE(checker.broken());
    core::CoordinatorState high;
    high.cluster.epoch = {2};
    checker.coordinator_stored("coordinator", high);
    checker.coordinator_stored("coordinator", {});
    ASSERT_TRUE(checker.broken());
    EXPECT_EQ(*checker.broken(), "I4: the epoch fell");
    checker.fail("another");
    EXPECT_EQ(*checker.broken(), "I4: the epoch fell");
}

TEST(Checker, ARequestWithoutAnEndIsAFailure) {
    Checker checker;
    checker.requested("coordinator", {1, core::PingRequest{"hall"}}, {}, {});
    checker.expect_all_answered();
    EXPECT_EQ(*checker.broken(), "liveness: request 1 had no end");
}

TEST(Checker, AWrongDoorIsAFailureIfItStaysWrong) {
    const core::CoordinatorState nobody;
    Checker checker;
    for (int i = 0; i < 3; ++i) checker.check_door("coordinator", {{"t1"}}, nobody);
    checker.check_door("coordinator", {}, nobody);
    for (int i = 0; i < 3; ++i) checker.check_door("coordinator", {{"t1"}}, nobody);
    EXPECT_FALSE(checker.broken());
    checker.check_door("coordinator", {{"t1"}}, nobody);
    EXPECT_EQ(*checker.broken(), "I21: the door of coordinator lets in others than its disk");
}

TEST(Checker, ATokenThatIsOverOpensNothing) {
    core::UserRequest request{1, core::PingRequest{"hall"}};
    request.principal = {"guest", core::PermissionSet::everything(), {"t1"}};
    core::CoordinatorState durable;
    durable.tokens.put({"t1"},
                       std::make_shared<const core::TokenRow>(core::TokenRow{{"t1"}, "guest", "", {}, {}, {}, false}));
    Checker good;
    good.requested("coordinator", request, {}, durable);
    good.answered({1, core::AnswerBody{core::Done{}}}, durable, true);
    EXPECT_FALSE(good.broken());
    Checker gone;
    gone.requested("coordinator", request, {}, {});
    gone.answered({1, core::AnswerBody{core::Done{}}}, {}, true);
    EXPECT_EQ(*gone.broken(), "I21: t1 was over, and something was done for it");
    good.requested("coordinator", request, {}, durable);
    good.answered({1, core::Error{core::ErrorCode::denied, "the token 'guest' is at its end"}}, durable, true);
    good.requested("coordinator", request, {}, durable);
    good.answered({1, core::AnswerBody{core::Done{}}}, durable, true);
    EXPECT_EQ(*good.broken(), "I20: t1 was told to be over, and is good again");
}

TEST(SkewedExecutor, AppliesOffsetAndRateToAllThatANodeReads) {
    actors::SimulatedExecutor truth([](std::size_t) { return std::size_t{0}; });
    SkewedExecutor node(truth, std::chrono::seconds(100), 100e-6);
    std::vector<std::int64_t> fired;
    node.at(node.now() + std::chrono::seconds(10), [&] { fired.push_back(truth.now().ns); });
    truth.run_until(core::LocalTime{20'000'000'000});
    ASSERT_EQ(fired.size(), 1u);
    EXPECT_NEAR(static_cast<double>(fired[0]), 10e9 / (1 + 100e-6), 10);
    EXPECT_EQ(node.now().ns, 120'000'000'000 + 2'000'000);
}

}  // namespace
}  // namespace antiphon::sim
