// Laws of boards that are renamed, removed or replaced, of what they leave, and of devices that only one may drive.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"

namespace antiphon::core {
namespace {

template <class Effect>
const Effect* effect_of(const Bench& bench) {
    for (const auto& effect : bench.effects)
        if (const auto* found = std::get_if<Effect>(&effect)) return found;
    return nullptr;
}

WorkerId join_for(Bench& bench, const std::string& name, const std::string& replaces) {
    bench.ask<InvitationRow>(InviteRequest{"another", replaces});
    return bench.ask<WorkerRow>(JoinRequest{"another", name, "other key", 1, "credential 2", "password 2"}).id;
}

TEST(Places, ARenamedWorkerKeepsItsIdAndHearsItsName) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.join("foyer");
    EXPECT_EQ(bench.ask<WorkerRow>(WorkerRenameRequest{"hall", "chapel"}).id, hall);
    ASSERT_TRUE(bench.published(hall));
    EXPECT_EQ(bench.published(hall)->document.name, "chapel");
    EXPECT_EQ(bench.news(), "'hall' is now 'chapel'");
    EXPECT_EQ(bench.refused(WorkerRenameRequest{"chapel", "foyer"}).code, ErrorCode::conflict);
    EXPECT_EQ(bench.refused(WorkerRenameRequest{"hall", "x"}).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(WorkerRenameRequest{"chapel", "Not A Name"}).code, ErrorCode::invalid);
}

TEST(Places, AWorkerThatPlaysIsNotRemovedUnlessItIsGoneAlready) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto session = bench.ask<SessionRow>(play({"all"}));
    const auto busy = bench.refused(WorkerRemoveRequest{"hall"});
    EXPECT_EQ(busy.code, ErrorCode::conflict);
    EXPECT_NE(busy.what.find("plays session " + session.id.value), std::string::npos) << busy.what;
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    bench.ask(WorkerRemoveRequest{"hall"});
    EXPECT_EQ(bench.state.sessions.find(session.id)->phase, SessionPhase::failed);
    EXPECT_FALSE(bench.state.workers.find(hall));
    ASSERT_TRUE(effect_of<DismissWorker>(bench));
    EXPECT_EQ(effect_of<DismissWorker>(bench)->worker, hall);
}

// I20: its late words change nothing, and its name is free again.
TEST(Places, ARemovedWorkerIsNotRevivedByItsLateWords) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.ask<ZoneRow>(ZoneSetRequest{"front", {"hall/left"}, {}, true});
    bench.ask(WorkerRemoveRequest{"hall"});
    bench.take(WorkerMessage{hall, {{}, Alive{true}}});
    EXPECT_EQ(bench.state.presence.size(), 0u);
    EXPECT_EQ(bench.state.counters.removed_workers, 1u);
    EXPECT_EQ(bench.state.counters.unknown_workers, 0u);
    EXPECT_TRUE(bench.state.zones.rows().begin()->second->outputs.empty());
    EXPECT_EQ(bench.state.zones.rows().begin()->second->version, 2u);
    EXPECT_NE(bench.join("hall"), hall);
}

TEST(Places, WhoeverWaitsForARemovedWorkerIsTold) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto ping = bench.user_request(PingRequest{"hall"});
    bench.take(ping);
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    bench.take(bench.user_request(WorkerRemoveRequest{"hall"}));
    const auto* told = effect_of<Answer>(bench);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->request, ping.id);
    EXPECT_EQ(told->body.error().what, "worker 'hall' was removed meanwhile");
    EXPECT_EQ(bench.state.asks.size(), 0u);
}

// It has had its end; what it began is withdrawn with the next tick, or goes with the worker.
TEST(Places, AnExpiredRequestIsNotAnsweredAgainWhenItsWorkerGoes) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    bench.now = bench.now + ask_limit + Duration(1);
    bench.take(AsksTick{});
    ASSERT_TRUE(effect_of<Answer>(bench));
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    const auto remove = bench.user_request(WorkerRemoveRequest{"hall"});
    bench.take(remove);
    ASSERT_TRUE(effect_of<Answer>(bench));
    EXPECT_EQ(effect_of<Answer>(bench)->request, remove.id) << "the only answer of this turn";
    EXPECT_EQ(bench.state.asks.size(), 0u);
}

TEST(Places, ANewBoardTakesTheZonesLevelsAndSessionsOfTheOldOne) {
    Bench bench;
    const auto old = bench.join("hall");
    bench.ask<ZoneRow>(ZoneSetRequest{"front", {"hall/left"}, {}, true});
    bench.ask(VolumeRequest{"hall/left", 0.25, {}});
    const auto session = bench.ask<SessionRow>(play({"front"}));
    bench.take(WorkerMessage{old, {{}, Alive{false}}});
    const auto fresh = join_for(bench, "hall", "hall");
    EXPECT_NE(fresh, old);
    EXPECT_FALSE(bench.state.workers.find(old));
    const std::vector<EndpointId> place{{fresh, "left"}};
    EXPECT_EQ(bench.state.zones.rows().begin()->second->outputs, place);
    EXPECT_EQ(bench.state.sessions.find(session.id)->outputs, place);
    ASSERT_TRUE(bench.published(fresh));
    EXPECT_EQ(bench.published(fresh)->document.sessions.size(), 1u);
    EXPECT_EQ(bench.published(fresh)->document.outputs.at(0).volume, 0.25);
}

TEST(Places, ABoardThatRunsIsNotReplaced) {
    Bench bench;
    bench.join("hall");
    bench.ask<SessionRow>(play({"all"}));
    bench.ask<InvitationRow>(InviteRequest{"another", "hall"});
    const auto busy = bench.refused(JoinRequest{"another", "hall", "key", 1, "c", "p"});
    EXPECT_EQ(busy.code, ErrorCode::conflict);
    EXPECT_EQ(bench.refused(InviteRequest{"third", "nobody"}).code, ErrorCode::not_found);
}

// I16: who has seen version 1 of the zone that is gone does not overwrite the new one.
TEST(Places, AZoneOfAnOldNameGoesOnWithItsVersions) {
    Bench bench;
    bench.join("hall");
    bench.ask<ZoneRow>(ZoneSetRequest{"front", {"all"}, {}, true});
    bench.ask(ZoneDeleteRequest{"front"});
    EXPECT_EQ(bench.ask<ZoneRow>(ZoneSetRequest{"front", {"all"}, {}, true}).version, 2u);
    const auto stale = bench.refused(ZoneSetRequest{"front", {"all"}, 1, false});
    EXPECT_EQ(stale.code, ErrorCode::conflict);
    EXPECT_EQ(stale.current_version, 2u);
}

TEST(Places, TombstonesAreBoundedAndTheOldestGoes) {
    Bench bench;
    bench.state.limits.tombstones = 3;
    bench.join("hall");
    for (const auto* name : {"a", "b", "c", "d"}) {
        bench.ask<ZoneRow>(ZoneSetRequest{name, {"all"}, {}, true});
        bench.ask(ZoneDeleteRequest{name});
    }
    EXPECT_EQ(bench.state.tombstones.size(), 3u);
    EXPECT_FALSE(bench.state.tombstones.find("zone/a"));
}

// ---- I5

struct TwoBoards : Bench {
    TwoBoards() {
        outputs = {{"ears", "bluetooth:AA", ""}, {"wire", "alsa:hw", ""}};
        hall = join("hall");
        foyer = join("foyer");
    }
    WorkerId hall;
    WorkerId foyer;
};

TEST(Holds, TwoBoardsNeverDriveOneBluetoothDevice) {
    TwoBoards bench;
    const auto session = bench.ask<SessionRow>(play({"hall/ears"}));
    EXPECT_EQ(bench.published(bench.hall)->document.devices, std::vector<std::string>{"bluetooth:AA"});
    EXPECT_EQ(bench.refused(play({"foyer/ears"})).what, "bluetooth:AA plays on hall/ears; stop that session first");
    EXPECT_EQ(bench.refused(play({"foyer/wire", "hall/wire", "foyer/ears"})).code, ErrorCode::conflict);
    bench.ask<SessionRow>(StopRequest{session.id});
    // Stopped is what shall be; until hall has said so it may still play.
    EXPECT_NE(bench.refused(play({"foyer/ears"})).what.find("has not said yet that it let go"), std::string::npos);
    bench.report(bench.hall);
    bench.ask<SessionRow>(play({"foyer/ears"}));
}

TEST(Holds, AReportOfBeforeTheStopReleasesNothing) {
    TwoBoards bench;
    const auto session = bench.ask<SessionRow>(play({"hall/ears"}));
    bench.ask<SessionRow>(StopRequest{session.id});
    bench.applied = Generation{bench.state.workers.find(bench.hall)->generation.value - 1};
    bench.report(bench.hall);
    EXPECT_EQ(bench.state.holds.size(), 1u);
    bench.applied.reset();
    bench.report(bench.hall);
    EXPECT_EQ(bench.state.holds.size(), 0u);
}

TEST(Holds, ARemovedBoardHoldsNothing) {
    TwoBoards bench;
    bench.ask<SessionRow>(play({"hall/ears"}));
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    bench.ask(WorkerRemoveRequest{"hall"});
    bench.ask<SessionRow>(play({"foyer/ears"}));
}

TEST(Holds, OneBoardMayNotNameADeviceTwiceInASession) {
    Bench bench;
    bench.outputs = {{"left", "bluetooth:AA", ""}, {"right", "bluetooth:AA", ""}};
    bench.join("hall");
    EXPECT_EQ(bench.refused(play({"all"})).what,
              "hall/left and hall/right are both bluetooth:AA; it plays one session at a time");
    bench.ask<SessionRow>(play({"hall/left"}));
    EXPECT_EQ(bench.refused(play({"hall/right"})).code, ErrorCode::conflict);
}

}  // namespace
}  // namespace antiphon::core
