// The laws must be able to fail: each is shown a cluster that breaks it.
#include "core/invariants.hpp"

#include <gtest/gtest.h>

namespace antiphon::core {
namespace {

WorkerState worker_at(std::uint64_t generation, std::uint64_t epoch) {
    WorkerState state;
    state.memory.desired.generation = {generation};
    state.memory.desired.epoch = {epoch};
    state.memory.epoch = {epoch};
    return state;
}

bool breaks(const Broken& broken, const std::string& law) { return broken && broken->rfind(law, 0) == 0; }

TEST(Invariant, AppliedGenerationAndEpochAreMonotone) {
    EXPECT_FALSE(check_worker_progress(worker_at(1, 1).memory, worker_at(2, 1).memory));
    EXPECT_TRUE(breaks(check_worker_progress(worker_at(2, 1).memory, worker_at(1, 1).memory), "I3"));
    EXPECT_TRUE(breaks(check_worker_progress(worker_at(1, 2).memory, worker_at(2, 1).memory), "I4"));
}

TEST(Invariant, NothingRunsThatIsNotDesired) {
    auto state = worker_at(1, 1);
    EXPECT_FALSE(check_worker(state));
    state.sessions[{"s1"}] = {};
    EXPECT_TRUE(breaks(check_worker(state), "I20"));
}

TEST(Invariant, AWorkerGivenUpNeitherPlaysNorRecords) {
    auto state = worker_at(1, 1);
    state.memory.desired.maintenance = true;
    state.maintenance = true;
    EXPECT_FALSE(check_worker(state));
    state.tracks[{{"r1"}, "mic"}] = {{"r1"}, "mic"};
    EXPECT_TRUE(breaks(check_worker(state), "maintenance"));
}

CoordinatorState cluster(SessionPhase phase) {
    CoordinatorState state;
    WorkerRow worker{{"w1"}, "hall"};
    worker.generation = {5};
    state.cluster.epoch = {2};
    state.workers.put(worker.id, std::make_shared<const WorkerRow>(worker));
    SessionRow session;
    session.id = {"s1"};
    session.outputs = {{{"w1"}, "left"}};
    session.phase = phase;
    state.sessions.put(session.id, std::make_shared<const SessionRow>(session));
    return state;
}

TEST(Invariant, AWorkerIsNeverAheadOfWhatIsDurable) {
    EXPECT_FALSE(check_worker_against(worker_at(5, 2), {"w1"}, {5}, {2}));
    EXPECT_TRUE(breaks(check_worker_against(worker_at(6, 2), {"w1"}, {5}, {2}), "I3"));
    EXPECT_TRUE(breaks(check_worker_against(worker_at(5, 3), {"w1"}, {5}, {2}), "I4"));
}

TEST(Invariant, WhatIsOverStaysOverAndWhatIsActiveDoesNotVanish) {
    EXPECT_FALSE(check_coordinator_progress(cluster(SessionPhase::playing), cluster(SessionPhase::stopped)));
    EXPECT_TRUE(
        breaks(check_coordinator_progress(cluster(SessionPhase::stopped), cluster(SessionPhase::playing)), "I20"));
    auto gone = cluster(SessionPhase::playing);
    gone.sessions.erase({"s1"});
    EXPECT_TRUE(breaks(check_coordinator_progress(cluster(SessionPhase::playing), gone), "I1"));
}

TEST(Invariant, NothingIsPlannedOnAWorkerInMaintenance) {
    auto state = cluster(SessionPhase::playing);
    EXPECT_FALSE(check_coordinator(state));
    auto worker = *state.workers.find({"w1"});
    worker.maintenance = true;
    state.workers.put(worker.id, std::make_shared<const WorkerRow>(worker));
    EXPECT_TRUE(breaks(check_coordinator(state), "maintenance"));
}

TEST(Invariant, AnOutputIsInOneSession) {
    auto state = cluster(SessionPhase::playing);
    auto session = *state.sessions.find({"s1"});
    session.id = {"s2"};
    state.sessions.put(session.id, std::make_shared<const SessionRow>(session));
    EXPECT_TRUE(breaks(check_coordinator(state), "output"));
}

TEST(Invariant, AnInputIsInOneRecordingThatGoesOn) {
    auto state = cluster(SessionPhase::ended);
    RecordingRow recording;
    recording.tracks.emplace_back().input = {{"w1"}, "mic"};
    for (const char* id : {"r1", "r2"}) {
        EXPECT_FALSE(check_coordinator(state));
        recording.id = {id};
        state.recordings.put(recording.id, std::make_shared<const RecordingRow>(recording));
    }
    EXPECT_TRUE(breaks(check_coordinator(state), "input"));
}

TEST(Invariant, ATimeOfAScheduleIsRecordedOnce) {
    const auto after_run = [](const char* recording) {
        auto state = cluster(SessionPhase::ended);
        ScheduleRow row;
        row.id = {"p1"};
        row.last = ScheduleRun{WallTime{5}, RecordingId{recording}, ""};
        state.schedules.put(row.id, std::make_shared<const ScheduleRow>(row));
        return state;
    };
    EXPECT_FALSE(check_coordinator_progress(after_run("r1"), after_run("r1")));
    EXPECT_TRUE(breaks(check_coordinator_progress(after_run("r1"), after_run("r2")), "schedule"));
}

TEST(Invariant, WhoVanishesLeavesATombstone) {
    const auto before = cluster(SessionPhase::ended);
    auto after = before;
    after.workers.erase({"w1"});
    EXPECT_TRUE(breaks(check_coordinator_progress(before, after), "I1"));
    after.tombstones.put("worker/w1", std::make_shared<const TombstoneRow>(TombstoneRow{"worker/w1"}));
    EXPECT_FALSE(check_coordinator_progress(before, after));
}

TEST(Invariant, TheVersionsOfAZonesNameOnlyGrow) {
    CoordinatorState before;
    before.tombstones.put("zone/front", std::make_shared<const TombstoneRow>(TombstoneRow{"zone/front", "", 3}));
    auto after = before;
    after.zones.put({"z2"}, std::make_shared<const ZoneRow>(ZoneRow{{"z2"}, "front", {}, 1}));
    EXPECT_TRUE(breaks(check_coordinator_progress(before, after), "I16"));
}

TEST(Invariant, RecordedAndMissingFramesAreAllThatPassed) {
    EXPECT_FALSE(check_track(100, 20, 120));
    EXPECT_FALSE(check_track(100, 20, 121));
    EXPECT_TRUE(breaks(check_track(100, 20, 122), "I13"));
    EXPECT_TRUE(breaks(check_track(101, 21, 120), "I13"));
}

TEST(Invariant, AReportIsTrueAtItsStamp) {
    auto worker = worker_at(3, 1);
    auto report = report_of(worker, LocalTime{5});
    EXPECT_FALSE(check_report(report, worker, LocalTime{5}));
    EXPECT_TRUE(breaks(check_report(report, worker, LocalTime{6}), "I15"));
    worker.memory.desired.generation = {4};
    EXPECT_TRUE(breaks(check_report(report, worker, LocalTime{5}), "I15"));
}

TEST(Invariant, AnOlderReportReplacesNoNewerOne) {
    CoordinatorState state;
    Presence presence{{"w1"}};
    presence.reported.boot = {2};
    presence.reported.sequence = 7;
    state.presence.put(presence.id, std::make_shared<const Presence>(presence));
    CoordinatorDraft draft(state);
    presence.reported.boot = {1};
    presence.reported.sequence = 9;
    draft.presence.put(presence.id, presence);
    EXPECT_TRUE(breaks(CoordinatorMachine::check(draft), "I15"));
}

TEST(Invariant, AConnectionThatIsOverIsNotBelievedAgain) {
    CoordinatorState state;
    Presence presence{{"w1"}};
    presence.connection = {{2}, 1};
    presence.connection_over = true;
    state.presence.put(presence.id, std::make_shared<const Presence>(presence));
    for (const auto& [connection, broken] :
         {std::pair(Connection{{1}, 9}, true), {Connection{{2}, 1}, true}, {Connection{{2}, 2}, false}}) {
        CoordinatorDraft draft(state);
        presence.connection = connection;
        presence.connection_over = false;
        draft.presence.put(presence.id, presence);
        EXPECT_EQ(breaks(CoordinatorMachine::check(draft), "I15"), broken) << connection.number;
    }
}

}  // namespace
}  // namespace antiphon::core
