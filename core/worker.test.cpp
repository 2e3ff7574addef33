// Laws of the worker's decisions.
#include "core/worker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/worker_bench.test.hpp"

namespace antiphon::core {
namespace {

using Bench = WorkerBench;

TEST(Worker, ReportsWhenTheLinkComesUp) {
    const auto bench = started();
    ASSERT_TRUE(bench.report());
    EXPECT_EQ(bench.report()->boot.value, 1u);
    EXPECT_EQ(bench.report()->activity, Activity::waiting);
    EXPECT_EQ(bench.report()->outputs.front().name, "left");
}

TEST(Worker, FetchesThenRendersThenPlays) {
    auto bench = started();
    bench.desire(with_session(1));
    EXPECT_EQ(bench.count<FetchBlob>(), 1);
    EXPECT_EQ(bench.report()->sessions.front().state, SessionState::fetching);
    bench.take(BlobFetched{{"blob"}, ""});
    EXPECT_EQ(bench.count<Render>(), 1);
    bench.progress(SessionState::ready);
    bench.desire(with_session(2, ClusterTime{{1}, 5}));
    EXPECT_EQ(bench.count<Render>(), 1);
    bench.progress(SessionState::playing);
    EXPECT_EQ(bench.report()->activity, Activity::playing);
}

TEST(Worker, RendersALiveSessionAtOnceAndAgainWhenItsDoorIsAnother) {
    auto bench = started();
    auto live = with_session(1);
    live.sessions.front().programme = {{}, 0, 0, "tone:440", LiveStream{"tone:440", 100'000'000, {}, {}}};
    bench.desire(live);
    EXPECT_EQ(bench.count<FetchBlob>(), 0);
    EXPECT_EQ(bench.count<Render>(), 1);
    bench.progress(SessionState::ready);
    EXPECT_EQ(bench.report()->sessions.front().state, SessionState::ready);
    live.generation = {2};
    live.sessions.front().programme.live->door = LiveDoor{.port = 8744};
    bench.desire(live);
    EXPECT_EQ(bench.count<Render>(), 1);
}

TEST(Worker, SaysWhyAProgrammeCannotBeHad) {
    auto bench = started();
    bench.desire(with_session(1));
    bench.take(BlobFetched{{"blob"}, "disk full"});
    EXPECT_EQ(bench.report()->sessions.front().state, SessionState::failed);
    EXPECT_EQ(bench.report()->sessions.front().reason, "disk full");
}

TEST(Worker, ConvergesToTheNewestDocumentWhateverTheOrder) {
    auto bench = started();
    bench.desire(document(3));
    bench.desire(with_session(2));
    EXPECT_EQ(bench.count<FetchBlob>(), 0);
    EXPECT_EQ(bench.state.memory.desired.generation.value, 3u);
    EXPECT_EQ(bench.state.counters.old_generations, 1u);
}

TEST(Worker, RefusesALowerEpochAndCountsIt) {
    auto bench = started();
    bench.desire(document(1), 5);
    bench.desire(with_session(2), 4);
    EXPECT_EQ(bench.state.memory.desired.generation.value, 1u);
    EXPECT_EQ(bench.state.counters.stale_epochs, 1u);
}

TEST(Worker, ALateWordDoesNotReviveAStoppedSession) {
    auto bench = started();
    bench.desire(with_session(1));
    bench.take(BlobFetched{{"blob"}, ""});
    bench.desire(document(2));
    EXPECT_EQ(bench.count<StopRender>(), 1);
    bench.progress(SessionState::playing);
    bench.desire(with_session(1));
    EXPECT_TRUE(bench.state.sessions.empty());
}

// A seek that crosses the end: what is said of the new document is about the new place.
TEST(Worker, TheEndOfTheOldPlaceIsNotReportedForTheNew) {
    auto bench = started();
    bench.desire(with_session(1, ClusterTime{{1}, 5}));
    bench.take(BlobFetched{{"blob"}, ""});
    bench.progress(SessionState::ended);
    const auto before = bench.rendering;
    bench.desire(with_session(2, ClusterTime{{1}, 500}));
    ASSERT_TRUE(bench.report());
    EXPECT_EQ(bench.report()->applied.value, 2u);
    EXPECT_EQ(bench.report()->sessions.front().state, SessionState::ready);
    bench.take(SessionProgressed{{{"s1"}, SessionState::ended, "", 0, 0}, before});  // looked at before
    EXPECT_EQ(bench.state.sessions.at({"s1"}).report.state, SessionState::ready);
    bench.progress(SessionState::playing);
    EXPECT_EQ(bench.state.sessions.at({"s1"}).report.state, SessionState::playing);
}

TEST(Worker, ACommandTakesEffectOnceHoweverOftenItComes) {
    auto bench = started();
    bench.take(MessageArrived{ping("c1"), {}});
    EXPECT_EQ(bench.count<SendPong>(), 1);
    bench.take(MessageArrived{ping("c1"), {}});
    EXPECT_EQ(bench.count<SendPong>(), 0);
    EXPECT_EQ(bench.state.counters.repeated_commands, 1u);
}

TEST(Worker, AnExpiredCommandHasNoEffect) {
    auto bench = started();
    bench.take(MessageArrived{ping("c1", ClusterTime{{1}, 10}), ClusterTime{{1}, 11}});
    EXPECT_EQ(bench.count<SendPong>(), 0);
    EXPECT_EQ(bench.state.counters.expired_commands, 1u);
}

TEST(Worker, RememberedCommandsAreBounded) {
    auto bench = started();
    for (int i = 0; i < 300; ++i) bench.take(MessageArrived{ping("c" + std::to_string(i)), {}});
    EXPECT_EQ(bench.state.memory.commands.size(), remembered_commands_max);
    EXPECT_EQ(bench.state.memory.commands.back().value, "c299");
}

TEST(Worker, RecordsFinishesAndHandsIn) {
    auto bench = started();
    bench.desire(with_recording(1));
    EXPECT_EQ(bench.count<Capture>(), 1);
    EXPECT_EQ(activity_of(bench.state), Activity::recording);
    bench.desire(with_recording(2, true));
    EXPECT_EQ(bench.count<FinishCapture>(), 1);
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::stored, "", 480, 0, "sha"}});
    EXPECT_EQ(bench.count<UploadTrack>(), 1);
    EXPECT_EQ(bench.count<FinishCapture>(), 0);
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::uploaded, "", 480, 0, "sha"}});
    bench.desire(document(3));
    EXPECT_EQ(bench.count<DiscardTrack>(), 1);
    EXPECT_TRUE(bench.state.tracks.empty());
}

TEST(Worker, WhatKeepsATrackFromRecordingIsForgottenWhenItRecords) {
    auto bench = started();
    bench.desire(with_recording(1));
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::recording, "the disk is full", 480, 0, ""}});
    EXPECT_EQ(bench.state.tracks.begin()->second.reason, "the disk is full");
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::recording, "", 960, 0, ""}});
    EXPECT_EQ(bench.state.tracks.begin()->second.reason, "");
}

TEST(Worker, TheWordOfTheUploadForgetsNothingOfTheSound) {
    auto bench = started();
    bench.desire(with_recording(1));
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::stored, "", 480, 7, "sha"}});
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::uploaded, "", 0, 0, "sha"}});
    const auto& track = bench.state.tracks.begin()->second;
    EXPECT_EQ(track.state, TrackState::uploaded);
    EXPECT_EQ(track.frames, 480);
    EXPECT_EQ(track.gap_frames, 7u);
}

TEST(Worker, ATrackFoundAfterARestartGoesOnUnlessItWasStoppedOrFailed) {
    for (const auto& [state, stopped, captures, uploads] : {std::tuple(TrackState::stored, false, 1, 0),
                                                            {TrackState::stored, true, 0, 1},
                                                            {TrackState::failed, false, 0, 0}}) {
        auto bench = started();
        bench.desire(with_recording(1));
        if (stopped) bench.desire(with_recording(2, true));
        Bench again;
        again.state.memory = bench.state.memory;
        again.take(WorkerStarted{{}, {}, {{{"r1"}, "mic", state, "cut short", 480, 0, "sha"}}});
        EXPECT_EQ(again.count<Capture>(), captures);
        EXPECT_EQ(again.count<UploadTrack>(), uploads);
        again.take(LinkChanged{true});
        const auto& told = again.report()->tracks.front();
        EXPECT_EQ(told.reason, "cut short");
        EXPECT_EQ(told.state, captures ? TrackState::recording : state);
    }
}

TEST(Worker, TheEndOfAnOlderUploadSaysNothingOfATrackThatRecords) {
    auto bench = started();
    bench.desire(with_recording(1));
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::uploaded, "", 480, 0, "sha"}});
    EXPECT_EQ(bench.state.tracks.begin()->second.state, TrackState::recording);
    EXPECT_EQ(bench.count<DiscardTrack>(), 0);
}

TEST(Worker, WhoseActorBeginsAnewGoesOnWithItsDevices) {
    auto bench = started();
    auto both = with_session(1, ClusterTime{{1}, 5});
    both.recordings = with_recording(1).recordings;
    bench.desire(both);
    Bench again;
    again.state.memory = bench.state.memory;
    const WorkerStarted at_work{
        bench.state.outputs, bench.state.inputs, {{{"r1"}, "mic", TrackState::recording, "", 0, 0, ""}}, both.sessions};
    again.take(at_work);
    EXPECT_EQ(again.count<FetchBlob>() + again.count<Render>() + again.count<StopRender>(), 0);
    EXPECT_EQ(again.count<Capture>() + again.count<FinishCapture>(), 0);
    Bench later;
    later.state.memory = bench.state.memory;
    later.state.memory.desired = document(2);  // stored, and then it broke
    later.take(at_work);
    EXPECT_EQ(later.count<StopRender>(), 1);
    EXPECT_EQ(later.count<FinishCapture>(), 1);
}

TEST(Worker, ThatWasPutOutIsSilentUntilItIsLetInAgain) {
    auto bench = started();
    auto both = with_session(1, ClusterTime{{1}, 5});
    both.recordings = with_recording(1).recordings;
    bench.desire(both);
    bench.take(BlobFetched{both.sessions.front().programme.blob, ""});
    bench.take(LinkChanged{true});
    bench.take(MembershipTold{false});
    EXPECT_EQ(bench.count<StopRender>(), 0) << "the broker has let it in: it is a member";
    bench.take(LinkChanged{false});
    bench.take(MembershipTold{false});
    EXPECT_EQ(bench.count<StopRender>(), 1);
    EXPECT_EQ(bench.count<FinishCapture>(), 1);
    EXPECT_TRUE(bench.state.sessions.empty());
    Bench again;
    again.state.memory = bench.state.memory;
    again.take(WorkerStarted{});
    EXPECT_EQ(again.count<FetchBlob>() + again.count<Capture>(), 0);
    again.take(LinkChanged{true});
    EXPECT_EQ(again.count<FetchBlob>(), 1);
}

// At a broker of somebody else being let in proves nothing: there only the coordinator's word counts.
TEST(Worker, WhoseBrokerLetsInAnybodyBelievesTheCoordinatorOnly) {
    constexpr LinkChanged let_in{true, false};
    auto bench = started();
    bench.take(let_in);
    bench.desire(with_session(1, ClusterTime{{1}, 5}));
    bench.take(BlobFetched{bench.state.memory.desired.sessions.front().programme.blob, ""});
    bench.take(MembershipTold{true});
    EXPECT_EQ(bench.report(), nullptr) << "nothing has changed";
    bench.take(MembershipTold{false});
    EXPECT_EQ(bench.count<StopRender>(), 1);
    EXPECT_EQ(bench.report(), nullptr) << "who is no member says nothing";
    bench.now = bench.now + 2 * heartbeat_interval;
    bench.take(Tick{});
    bench.take(LinkChanged{false});
    bench.take(let_in);
    EXPECT_EQ(bench.report(), nullptr);
    Bench again;
    again.state.memory = bench.state.memory;
    again.take(WorkerStarted{});
    again.take(let_in);
    EXPECT_EQ(again.count<FetchBlob>(), 0);
    again.desire(with_session(2, ClusterTime{{1}, 5}));
    EXPECT_EQ(again.count<FetchBlob>(), 0) << "what was said to it before may be said again there";
    again.take(MembershipTold{true});
    EXPECT_EQ(again.count<FetchBlob>(), 1);
    EXPECT_NE(again.report(), nullptr);
}

TEST(Worker, KeepsATrackThatNobodyHasYet) {
    auto bench = started();
    bench.desire(with_recording(1));
    bench.desire(document(2));
    EXPECT_EQ(bench.count<FinishCapture>(), 1);
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::stored, "", 480, 0, "sha"}});
    EXPECT_EQ(bench.count<UploadTrack>(), 1);
    EXPECT_EQ(bench.count<DiscardTrack>(), 0);
}

TEST(Worker, EndsARecordingInTimeAlsoIfNobodySaysSoAnyMore) {
    auto bench = started();
    bench.desire(with_recording_until(1, 1000));
    bench.take(LinkChanged{false});
    bench.take(Tick{});
    bench.take(Tick{ClusterTime{{1}, 999}});
    bench.take(Tick{ClusterTime{{2}, 5000}});
    EXPECT_EQ(bench.count<FinishCapture>(), 0) << "another clock";
    bench.take(Tick{ClusterTime{{1}, 1000}});
    EXPECT_EQ(bench.count<FinishCapture>(), 1);
    bench.take(Tick{ClusterTime{{1}, 1001}});
    EXPECT_EQ(bench.count<FinishCapture>(), 0);
}

// Its next life knows no time while the coordinator is away, and shall not begin to record again.
TEST(Worker, WhatHasEndedStaysEndedInItsNextLife) {
    auto bench = started();
    const auto desired = with_recording_until(1, 1000);
    bench.desire(desired);
    bench.take(Tick{ClusterTime{{1}, 1000}});
    const TrackReport stored{{"r1"}, "mic", TrackState::stored, "", 480, 0, "sha"};
    WorkerBench again;
    again.state.memory = bench.state.memory;
    again.take(WorkerStarted{{}, {}, {stored}});
    EXPECT_EQ(again.count<Capture>(), 0);
    EXPECT_EQ(again.count<UploadTrack>(), 1);
    again.desire(document(2));
    EXPECT_FALSE(again.state.memory.ended) << "it is forgotten with the recording";
    WorkerBench early;
    early.state.memory = started().state.memory;
    early.desire(desired);
    early.take(WorkerStarted{{}, {}, {stored}});
    EXPECT_EQ(early.count<Capture>(), 1) << "its end has not come";
}

TEST(Worker, GivesItselfUpForMaintenanceOnlyWhenItWaits) {
    auto bench = started();
    auto maintenance = document(2);
    maintenance.maintenance = true;
    bench.desire(with_recording(1));
    bench.desire(maintenance);
    EXPECT_EQ(activity_of(bench.state), Activity::recording);
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::stored, "", 480, 0, "sha"}});
    EXPECT_EQ(activity_of(bench.state), Activity::waiting);
    bench.take(TrackProgressed{{{"r1"}, "mic", TrackState::uploaded, "", 480, 0, "sha"}});
    EXPECT_EQ(activity_of(bench.state), Activity::maintenance);
    bench.desire(document(3));
    EXPECT_EQ(activity_of(bench.state), Activity::waiting);
}

TEST(Worker, TakesItsSessionsUpAgainAfterARestart) {
    auto bench = started();
    bench.desire(with_session(1, ClusterTime{{1}, 5}));
    Bench again;
    again.state.memory = bench.state.memory;
    again.take(WorkerStarted{{}, {}, {{{"r9"}, "mic", TrackState::stored, "", 1, 0, "sha"}}});
    EXPECT_EQ(again.count<FetchBlob>(), 1);
    EXPECT_EQ(again.count<UploadTrack>(), 1);
    EXPECT_EQ(again.state.memory.boot.value, 2u);
}

TEST(Worker, SaysNothingWhenNothingHappensButAHeartbeat) {
    auto bench = started();
    bench.now = bench.now + std::chrono::seconds(9);
    bench.take(Tick{});
    EXPECT_TRUE(bench.effects.empty());
    bench.now = bench.now + std::chrono::seconds(1);
    bench.take(Tick{});
    EXPECT_EQ(bench.count<SendReport>(), 1);
}

// The epoch of another cluster would make it deaf for ever.
TEST(Worker, ForgetsWhatAnotherMembershipTaughtItButNotItsBoots) {
    WorkerMemory memory;
    memory.member = "c1/w1";
    memory.boot = {7};
    memory.epoch = {3000};
    memory.desired.generation = {12};
    memory.commands = {{"e1-1"}};
    EXPECT_EQ(memory_of(memory, "c1/w1"), memory);
    const auto fresh = memory_of(memory, "c2/w1");
    EXPECT_EQ(fresh.boot, Boot{7});
    EXPECT_EQ(fresh.epoch, Epoch{});
    EXPECT_EQ(fresh.desired, DesiredDocument{});
    EXPECT_TRUE(fresh.commands.empty());
}

// I5: the inventory changed while it was away.
TEST(Worker, DoesNotDriveASharedDeviceThatIsNotItsOwn) {
    WorkerState state;
    WorkerDraft started(state);
    WorkerMachine::step(started, {}, WorkerStarted{{{"left", "bluetooth:AA", ""}}, {}, {}});
    started.apply_to(state);
    DesiredDocument document;
    document.generation = {1};
    document.sessions = {{{"s1"}, {{"blob"}, 1, 48000, "melody"}, {"left"}, {}, 0, 1.0}};
    const auto take = [&] {
        WorkerDraft draft(state);
        auto effects = WorkerMachine::step(draft, {}, MessageArrived{{{}, Desired{document}}, {}});
        draft.apply_to(state);
        return effects;
    };
    EXPECT_TRUE(take().empty());
    EXPECT_EQ(state.sessions.at({"s1"}).report.state, SessionState::failed);
    document.generation = {2};
    document.sessions[0].id = {"s2"};
    document.devices = {"bluetooth:AA"};
    const auto effects = take();
    ASSERT_EQ(effects.size(), 2u);
    EXPECT_TRUE(std::holds_alternative<DriveDevices>(effects[0]));
    EXPECT_TRUE(std::holds_alternative<FetchBlob>(effects[1]));
    EXPECT_EQ(state.sessions.at({"s2"}).report.state, SessionState::fetching);
}

}  // namespace
}  // namespace antiphon::core
