// Laws of the coordinator's decisions.
#include "core/coordinator.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/coordinator_bench.test.hpp"
#include "core/invariants.hpp"

namespace antiphon::core {
namespace {

TEST(Coordinator, EachLifeHasAHigherEpochAndTellsEverybody) {
    Bench bench;
    const auto id = bench.join("hall");
    bench.take(CoordinatorStarted{{7}});
    EXPECT_EQ(bench.state.cluster.epoch.value, 2u);
    ASSERT_TRUE(bench.published(id));
    EXPECT_EQ(bench.published(id)->document.epoch.value, 2u);
}

TEST(Coordinator, PlansASessionOnEachWorkerWithOneGeneration) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto yard = bench.join("yard");
    const auto session = bench.ask<SessionRow>(play({"hall/left", "all"}));
    EXPECT_EQ(session.outputs.size(), 2u);
    for (const auto& id : {hall, yard}) {
        ASSERT_TRUE(bench.published(id));
        EXPECT_EQ(bench.published(id)->document.generation, bench.state.workers.find(id)->generation);
        EXPECT_EQ(bench.published(id)->document.sessions.front().id, session.id);
    }
}

TEST(Coordinator, StartsAllAtOneTimeWhenAllAreReady) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto yard = bench.join("yard");
    const auto session = bench.ask<SessionRow>(play({"all"}));
    const SessionReport ready{session.id, SessionState::ready, "", 0, 0};
    bench.report(hall, Activity::waiting, {ready});
    EXPECT_FALSE(bench.published(hall));
    bench.report(yard, Activity::waiting, {ready});
    const auto start = bench.state.sessions.find(session.id)->start;
    ASSERT_TRUE(start);
    EXPECT_EQ(bench.published(hall)->document.sessions.front().start, start);
    EXPECT_EQ(bench.published(yard)->document.sessions.front().start, start);
}

// When a session is over its workers' documents forget it; what they lost is not forgotten.
TEST(Coordinator, KeepsWhatWasSaidLastOfASession) {
    Bench bench;
    const auto hall = bench.join("hall");
    for (const bool stopped : {false, true}) {
        const auto session = bench.ask<SessionRow>(play({"all"}));
        bench.report(hall, Activity::waiting, {{session.id, SessionState::ready, "", 0, 0}});
        bench.report(hall, Activity::playing, {{session.id, SessionState::playing, "", 480, 7}});
        if (stopped)
            bench.ask<SessionRow>(StopRequest{session.id});
        else
            bench.report(hall, Activity::waiting, {{session.id, SessionState::ended, "", 480000, 9}});
        bench.report(hall);
        const auto& words = bench.state.sessions.find(session.id)->last_words;
        ASSERT_EQ(words.size(), 1u);
        EXPECT_EQ(words.front().worker, hall);
        EXPECT_EQ(words.front().report.lost_frames, stopped ? 7u : 9u);
    }
}

TEST(Coordinator, OldWordsDoNotCount) {
    Bench bench;
    const auto hall = bench.join("hall");
    ReportedDocument old;
    old.boot = {1};
    old.sequence = 0;
    old.activity = Activity::playing;
    bench.take(WorkerMessage{hall, {{}, Reported{old}}});
    EXPECT_EQ(bench.state.presence.find(hall)->reported.activity, Activity::waiting);
    EXPECT_EQ(bench.state.counters.old_reports, 1u);
}

TEST(Coordinator, AnswersARepeatedRequestTheSameAndDoesNothing) {
    Bench bench;
    bench.join("hall");
    const Idempotency once{"key", "play to hall/left"};
    const auto first = bench.ask<SessionRow>(play({"hall/left"}), once);
    const auto again = bench.ask<SessionRow>(play({"hall/left"}), once);
    EXPECT_EQ(first.id, again.id);
    EXPECT_EQ(bench.state.sessions.size(), 1u);
    bench.ask(VolumeRequest{"hall/left", 0.5, {}}, Idempotency{"another", "volume"});
    bench.ask(VolumeRequest{"hall/left", 0.5, {}}, Idempotency{"another", "volume"});
}

TEST(Coordinator, AKeyOfAnotherRequestOrOfWhatIsGoneIsRefused) {
    Bench bench;
    bench.join("hall");
    bench.ask<SessionRow>(play({"hall/left"}), Idempotency{"key", "play"});
    EXPECT_EQ(bench.refused(RecordRequest{{"hall/mic"}}, Idempotency{"key", "record"}).code, ErrorCode::conflict);
    const Idempotency once{"zone key", "zone"};
    const auto zone = bench.ask<ZoneRow>(ZoneSetRequest{"foyer", {"hall/left"}, {}, true}, once);
    bench.ask(ZoneDeleteRequest{"foyer"});
    const auto gone = bench.refused(ZoneSetRequest{"foyer", {"hall/left"}, {}, true}, once);
    EXPECT_EQ(gone.code, ErrorCode::conflict);
    EXPECT_NE(gone.what.find(zone.id.value), std::string::npos);
    // A token is shown once, so asking twice makes two.
    bench.ask<InvitationRow>(InviteRequest{"first"}, Idempotency{"invite", "invite"});
    EXPECT_EQ(bench.ask<InvitationRow>(InviteRequest{"second"}, Idempotency{"invite", "invite"}).digest, "second");
}

TEST(Coordinator, NamesWhatDoesNotExistAndWhatDoes) {
    Bench bench;
    bench.join("hall");
    EXPECT_EQ(bench.refused(play({"hall/right"})).what, "there is no output 'hall/right'; there are: hall/left");
    EXPECT_EQ(bench.refused(play({"yard/left"})).what, "there is no worker 'yard'; there are: hall");
    EXPECT_EQ(bench.refused(play({"Hall/left"})).code, ErrorCode::invalid);
    EXPECT_EQ(bench.refused(play({})).code, ErrorCode::invalid);
    EXPECT_EQ(bench.refused(StopRequest{{"s99"}}).code, ErrorCode::not_found);
}

TEST(Coordinator, AnOutputPlaysOneSessionAtATime) {
    Bench bench;
    bench.join("hall");
    const auto session = bench.ask<SessionRow>(play({"hall/left"}));
    const auto error = bench.refused(play({"all"}));
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_NE(error.what.find(session.id.value), std::string::npos);
    bench.ask<SessionRow>(StopRequest{session.id});
    bench.ask<SessionRow>(play({"all"}));
}

TEST(Coordinator, AnOutputsMaximumGoesToItsWorkerAndStays) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.ask(VolumeRequest{"hall/left", {}, {}, 0.4});
    bench.ask(VolumeRequest{"hall/left", 0.9, {}});
    const auto& output = bench.published(hall)->document.outputs.front();
    EXPECT_EQ(output.max_level, 0.4);
    EXPECT_EQ(output.volume, 0.9) << "what is asked for is kept: the maximum may be another tomorrow";
    EXPECT_EQ(bench.refused(VolumeRequest{"hall/left", {}, {}, 1.1}).code, ErrorCode::invalid);
    const auto session = bench.ask<SessionRow>(play({"hall/left"})).id;
    EXPECT_EQ(bench.refused(VolumeRequest{session.value, {}, {}, 0.5}).what,
              "a session has no maximum; its outputs have");
}

TEST(Coordinator, AZoneIsChangedOnlyAtTheVersionThatWasSeen) {
    Bench bench;
    bench.join("hall");
    const auto zone = bench.ask<ZoneRow>(ZoneSetRequest{"foyer", {"hall/left"}, {}, true});
    EXPECT_EQ(zone.version, 1u);
    EXPECT_EQ(bench.ask<ZoneRow>(ZoneSetRequest{"foyer", {"all"}, 1, false}).version, 2u);
    EXPECT_EQ(bench.refused(ZoneSetRequest{"foyer", {"all"}, 1, false}).code, ErrorCode::conflict);
    EXPECT_EQ(bench.refused(ZoneSetRequest{"foyer", {"all"}, {}, true}).code, ErrorCode::conflict);
    EXPECT_EQ(bench.ask<SessionRow>(play({"foyer"})).outputs.size(), 1u);
}

TEST(Coordinator, ARenamedZoneKeepsItsIdAndTellsBothNames) {
    Bench bench;
    bench.join("hall");
    const auto zone = bench.ask<ZoneRow>(ZoneSetRequest{"foyer", {"hall/left"}, {}, true});
    const auto renamed = bench.ask<ZoneRow>(ZoneRenameRequest{"foyer", "front"});
    EXPECT_EQ(renamed.id, zone.id);
    EXPECT_EQ(renamed.version, 2u);
    EXPECT_EQ(bench.news(), "'foyer' is now 'front'");
    EXPECT_EQ(bench.refused(ZoneRenameRequest{"foyer", "back"}).code, ErrorCode::not_found);
}

// Names may look like ids: the name that a person wrote means what has that name.
TEST(Coordinator, ANameGoesBeforeAnId) {
    Bench bench;
    const auto first = bench.join("w2");
    const auto second = bench.join("hall");
    ASSERT_EQ(second.value, "w2");
    EXPECT_EQ(bench.ask<SessionRow>(play({"w2/left"})).outputs.front().worker, first);
    EXPECT_EQ(bench.ask<SessionRow>(play({"hall/left"})).outputs.front().worker, second);
    const auto zone = bench.ask<ZoneRow>(ZoneSetRequest{"foyer", {"hall/left"}, {}, true});
    const auto other = bench.ask<ZoneRow>(ZoneSetRequest{zone.id.value, {"w2/left"}, {}, true});
    bench.ask(ZoneDeleteRequest{zone.id.value});
    EXPECT_TRUE(bench.state.zones.find(zone.id));
    EXPECT_FALSE(bench.state.zones.find(other.id));
}

TEST(Coordinator, WhoAsksToJoinAgainBecauseTheAnswerWasLostGetsIt) {
    Bench bench;
    const auto hall = bench.join("hall");
    const JoinRequest again{"digest of hall", "hall", "key", 1, "new credential", "new password", "new key"};
    EXPECT_EQ(bench.ask<WorkerRow>(again).id, hall);
    EXPECT_EQ(bench.state.workers.find(hall)->credential_digest, "new credential");
    EXPECT_EQ(bench.state.workers.find(hall)->message_key, "new key") << "the one of the answer that it gets";
    EXPECT_TRUE(std::any_of(bench.effects.begin(), bench.effects.end(),
                            [](const auto& effect) { return std::holds_alternative<AdmitWorker>(effect); }));
    auto thief = again;
    thief.public_key = "another key";
    EXPECT_EQ(bench.refused(thief).code, ErrorCode::denied);
    bench.now = bench.now + invitation_life + std::chrono::seconds(1);
    EXPECT_EQ(bench.refused(again).code, ErrorCode::denied) << "not for ever";
}

TEST(Coordinator, WhoIsNotHeardForThreeHeartbeatsIsOffline) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.now = bench.now + silent_after;
    bench.tick();
    EXPECT_TRUE(bench.state.presence.find(hall)->online);
    bench.now = bench.now + std::chrono::milliseconds(1);
    bench.tick();
    EXPECT_FALSE(bench.state.presence.find(hall)->online);
    EXPECT_EQ(bench.announced(), "worker.offline");
    bench.report(hall);
    EXPECT_TRUE(bench.state.presence.find(hall)->online);
    bench.tick();
    EXPECT_EQ(bench.announced(), "worker.online");
}

TEST(Coordinator, ForgetsTheOldestWhateverTheWallClockSays) {
    Bench bench;
    bench.join("hall");
    for (std::size_t i = 0; i <= Limits{}.finished_sessions; ++i) {
        auto request = bench.user_request(play({"all"}));
        request.wall = WallTime{-static_cast<std::int64_t>(i)};
        bench.take(request);
        const auto session = std::get<SessionRow>(**bench.answer());
        bench.ask<SessionRow>(StopRequest{session.id});
        bench.tick();
        ASSERT_TRUE(bench.state.sessions.find(session.id)) << "the newest is kept";
    }
    EXPECT_EQ(bench.state.sessions.size(), Limits{}.finished_sessions);
}

TEST(Coordinator, TheOldestOfAllIsSeenToEndBeforeItIsForgotten) {
    Bench bench;
    bench.join("hall");
    bench.join("foyer");
    const auto oldest = bench.ask<SessionRow>(play({"hall/left"})).id;
    for (std::size_t i = 0; i <= Limits{}.finished_sessions; ++i)
        bench.ask<SessionRow>(StopRequest{bench.ask<SessionRow>(play({"foyer/left"})).id});
    bench.now = bench.now + std::chrono::seconds(11);  // nobody has got ready
    bench.tick();
    ASSERT_TRUE(bench.state.sessions.find(oldest));
    EXPECT_EQ(bench.state.sessions.find(oldest)->phase, SessionPhase::failed);
    EXPECT_EQ(bench.announced(), "session.failed");
    bench.tick();
    EXPECT_EQ(bench.state.sessions.size(), Limits{}.finished_sessions);
}

TEST(Coordinator, AnInvitationIsGoodOnceAndForTenMinutes) {
    Bench bench;
    bench.join("hall");
    const JoinRequest used{"digest of hall", "yard", "key", 1, "c", "p"};
    EXPECT_NE(bench.refused(used).what.find("used already"), std::string::npos);
    EXPECT_NE(bench.refused(JoinRequest{"wrong", "yard", "key", 1, "c", "p"}).what.find("unknown"), std::string::npos);
    bench.ask<InvitationRow>(InviteRequest{"late"});
    bench.now = bench.now + std::chrono::minutes(11);
    EXPECT_NE(bench.refused(JoinRequest{"late", "yard", "key", 1, "c", "p"}).what.find("10 minutes"),
              std::string::npos);
    bench.ask<InvitationRow>(InviteRequest{"fresh"});
    EXPECT_EQ(bench.refused(JoinRequest{"fresh", "hall", "key", 1, "c", "p"}).code, ErrorCode::conflict);
}

TEST(Coordinator, ARecordingIsCompleteWhenItsFilesAreHere) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    EXPECT_TRUE(bench.published(hall)->document.recordings.front().stopped);
    const TrackReceived received{99, recording.id, {hall, "mic"}, 48000, 480, "sha", "hall-mic.flac", "cut short"};
    bench.take(received);
    EXPECT_EQ(bench.state.recordings.find(recording.id)->phase, RecordingPhase::complete);
    EXPECT_EQ(bench.state.recordings.find(recording.id)->tracks.front().gap_frames, 480u);
    EXPECT_TRUE(bench.published(hall)->document.recordings.empty());
    EXPECT_EQ(bench.announced(), "recording.complete");
    EXPECT_EQ(bench.news(), "1 track; hall/mic: cut short");
    bench.take(received);  // our answer was lost
    EXPECT_TRUE(bench.answer()->ok());
    EXPECT_EQ(bench.announced(), "");
}

TEST(Coordinator, DamageThatIsFoundLaterIsTold) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    TrackReceived damaged{98, recording.id, {hall, "mic"}, 48000, 2400, "other", "hall-mic.flac", "damaged", true};
    const auto track = [&] { return bench.state.recordings.find(recording.id)->tracks.front(); };
    bench.take(damaged);
    EXPECT_TRUE(bench.answer()->ok());
    EXPECT_NE(track().state, TrackState::uploaded) << "it has not come as a whole";
    const TrackReceived received{99, recording.id, {hall, "mic"}, 48000, 480, "sha", "hall-mic.flac", ""};
    bench.take(received);
    EXPECT_EQ(bench.announced(), "recording.complete");
    bench.take(damaged);
    EXPECT_EQ(bench.announced(), "recording.damaged");
    EXPECT_EQ(bench.news(), "hall/mic: 40 ms of it cannot be read any more");
    EXPECT_EQ(bench.last_news()->entry.ground, "it was read again");
    EXPECT_EQ(track().gap_frames, 2400U);
    EXPECT_EQ(track().reason, "damaged");
    bench.take(received);  // its board has brought it again
    EXPECT_EQ(track().gap_frames, 480U);
    EXPECT_EQ(track().reason, "");
}

TEST(Coordinator, WhatKeepsATrackFromRecordingIsToldWhileItDoes) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto id = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}}).id;
    for (const std::string reason : {"the disk is full", "", "the disk is full again"}) {
        bench.tracks = {{id, "mic", TrackState::recording, reason, 480, 0, ""}};
        bench.report(hall);
        EXPECT_EQ(bench.state.recordings.find(id)->tracks.front().reason, reason);
    }
}

// A board that another coordinator had told to stop says `stored`, and goes on when it hears of this one's wish.
TEST(Coordinator, AnInputIsTakenUntilItsRecordingIsStopped) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto id = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}}).id;
    bench.tracks = {{id, "mic", TrackState::stored, "", 480, 0, ""}};
    bench.report(hall);
    EXPECT_EQ(bench.refused(RecordRequest{{"hall/mic"}}).what,
              "hall/mic is already recorded by " + id.value + "; stop it first: antiphon record stop " + id.value);
    bench.tracks = {{id, "mic", TrackState::recording, "", 960, 0, ""}};
    bench.report(hall);
    EXPECT_EQ(bench.state.recordings.find(id)->tracks.front().state, TrackState::recording);
    bench.ask<RecordingRow>(RecordStopRequest{id});
    bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
}

TEST(Coordinator, AFileIsWantedOnlyFromTheInputThatRecords) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto foyer = bench.join("foyer");
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    EXPECT_TRUE(require_track(bench.state, recording.id, {hall, "mic"}));
    for (const auto& [id, input] : {std::pair{recording.id, EndpointId{foyer, "mic"}},
                                    {recording.id, EndpointId{hall, "other"}},
                                    {RecordingId{"r99"}, EndpointId{hall, "mic"}}}) {
        EXPECT_EQ(require_track(bench.state, id, input).error().code, ErrorCode::not_found);
        bench.take(TrackReceived{99, id, input, 48000, 0, "sha", "mic.flac", ""});
        EXPECT_EQ(bench.answer()->error().code, ErrorCode::not_found);
    }
}

TEST(Coordinator, AFileThatComesLateCompletesAFailedRecording) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    ReportedDocument failed;
    failed.boot = {1};
    failed.sequence = ++bench.sequences[hall];
    failed.tracks = {{recording.id, "mic", TrackState::failed, "the disk is full", 0, 0, ""}};
    bench.take(WorkerMessage{hall, {{}, Reported{failed}}});
    EXPECT_EQ(bench.state.recordings.find(recording.id)->phase, RecordingPhase::failed);
    EXPECT_EQ(bench.news(), "1 track; hall/mic: the disk is full");
    const auto before = bench.state;
    bench.take(TrackReceived{99, recording.id, {hall, "mic"}, 48000, 0, "sha", "hall-mic.flac", ""});
    EXPECT_EQ(bench.state.recordings.find(recording.id)->phase, RecordingPhase::complete);
    EXPECT_EQ(bench.announced(), "recording.complete");
    EXPECT_FALSE(check_coordinator_progress(before, bench.state));
    EXPECT_TRUE(check_coordinator_progress(bench.state, before));
}

// I21, whatever door the request came through.
TEST(Coordinator, WhatIsNotPermittedIsRefusedAndChangesNothing) {
    Bench bench;
    bench.join("hall");
    const auto generation = bench.state.cluster.next_id;
    auto request = bench.user_request(play({"all"}));
    request.principal = {"eve", {Permission::view, Permission::record}};
    bench.take(request);
    EXPECT_EQ(bench.answer()->error(), (Error{ErrorCode::denied, "the token of eve lacks the permission 'play'"}));
    EXPECT_EQ(bench.effects.size(), 1u);
    EXPECT_EQ(bench.state.sessions.size(), 0u);
    EXPECT_EQ(bench.state.cluster.next_id, generation);
    EXPECT_EQ(bench.state.counters.inadmissible, 1u);
}

// Its asker was told that it failed.
TEST(Coordinator, ARequestThatWaitedBeyondItsDeadlineHasNoEffect) {
    Bench bench;
    bench.join("hall");
    auto request = bench.user_request(play({"all"}));
    request.deadline = bench.now;
    bench.now = bench.now + std::chrono::nanoseconds(1);
    bench.take(request);
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::unavailable);
    EXPECT_EQ(bench.state.sessions.size(), 0u);
}

}  // namespace
}  // namespace antiphon::core
