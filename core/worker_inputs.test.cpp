// Laws of inputs that are played live: what this worker sends is what it shall, and nothing else.
#include <gtest/gtest.h>

#include "core/worker_bench.test.hpp"

namespace antiphon::core {
namespace {

DesiredUplink uplink(const std::string& session = "s1", std::uint16_t port = 9000) {
    return {{session}, "mic", {.port = port, .key = "secret"}, {{1}, 5}};
}

DesiredDocument with_uplinks(std::uint64_t generation, std::vector<DesiredUplink> uplinks) {
    auto d = document(generation);
    d.uplinks = std::move(uplinks);
    return d;
}

const DesiredUplink* sent(const WorkerBench& bench) {
    for (const auto& effect : bench.effects)
        if (const auto* send = std::get_if<SendInput>(&effect)) return &send->uplink;
    return nullptr;
}

TEST(WorkerInput, IsSentWhileASessionPlaysIt) {
    auto bench = started();
    bench.desire(with_uplinks(1, {uplink()}));
    ASSERT_TRUE(sent(bench));
    EXPECT_EQ(*sent(bench), uplink());
    EXPECT_EQ(bench.report()->activity, Activity::recording) << "it listens";
    bench.desire(with_uplinks(2, {uplink(), uplink("s2")}));
    EXPECT_EQ(bench.count<SendInput>(), 1);
    EXPECT_EQ(sent(bench)->id, SessionId{"s2"});
    bench.desire(document(3));
    EXPECT_EQ(bench.count<StopInput>(), 2);
    EXPECT_EQ(bench.report()->activity, Activity::waiting);
}

TEST(WorkerInput, IsSentElsewhereWhenItIsHeardElsewhere) {
    auto bench = started();
    bench.desire(with_uplinks(1, {uplink()}));
    bench.desire(with_uplinks(2, {uplink("s1", 9001)}));
    ASSERT_TRUE(sent(bench));
    EXPECT_EQ(sent(bench)->door.port, 9001);
    EXPECT_EQ(bench.count<StopInput>(), 0);
}

TEST(WorkerInput, IsNoWaitingForMaintenance) {
    auto bench = started();
    bench.desire(with_uplinks(1, {uplink()}));
    auto both = with_uplinks(2, {uplink()});
    both.maintenance = true;
    bench.desire(both);
    EXPECT_FALSE(bench.state.maintenance);
    both.generation = {3};
    both.uplinks.reset();
    bench.desire(both);
    EXPECT_TRUE(bench.state.maintenance);
}

TEST(WorkerInput, OfOneThatWasPutOutIsSentToNobody) {
    auto bench = started();
    bench.desire(with_uplinks(1, {uplink()}));
    bench.take(LinkChanged{false});
    bench.take(MembershipTold{false});
    EXPECT_EQ(bench.count<StopInput>(), 1);
    bench.take(LinkChanged{true});
    EXPECT_EQ(bench.count<SendInput>(), 1) << "it was let in again";
}

TEST(WorkerInput, GoesOnWhenTheActorBeginsAnew) {
    auto bench = started();
    bench.desire(with_uplinks(1, {uplink()}));
    WorkerBench again;
    again.state.memory = bench.state.memory;
    WorkerStarted at_work{bench.state.outputs, bench.state.inputs, {}};
    at_work.sending = {uplink()};
    again.take(at_work);
    EXPECT_EQ(again.count<SendInput>() + again.count<StopInput>(), 0);
    at_work.sending = {uplink("s7")};
    again.take(at_work);
    EXPECT_EQ(again.count<StopInput>(), 1);
}

}  // namespace
}  // namespace antiphon::core
