// For each reason why a worker may be silent: that it is told, and told first.
#include "core/why.hpp"

#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"

namespace antiphon::core {
namespace {

using std::chrono::seconds;

struct Why : testing::Test {
    Why() {
        hall = bench.join("hall");
        foyer = bench.join("foyer");
    }
    std::string verdict(std::string_view object = "hall") {
        const auto explained = explain(bench.state, object, bench.now);
        return explained ? explained->verdict : "error: " + explained.error().what;
    }
    // What hall says of the session that is asked for first.
    void hall_says(SessionState state, const std::string& reason = "") {
        bench.report(hall, state == SessionState::playing ? Activity::playing : Activity::waiting,
                     {{session, state, reason, 0, 0}});
    }
    void play_to(const std::string& output) { session = bench.ask<SessionRow>(play({output})).id; }
    void play_here() {
        play_to("hall/left");
        hall_says(SessionState::ready);
        bench.now = bench.now + seconds(2);
        hall_says(SessionState::playing);
    }

    Bench bench;
    WorkerId hall, foyer;
    SessionId session;
};

TEST_F(Why, NothingIsPlanned) { EXPECT_EQ(verdict(), "no session is planned for it"); }

TEST_F(Why, ItPlays) {
    play_here();
    EXPECT_EQ(verdict(), "it plays session s3 ('melody') at 1.4 s of 10.0 s");
    EXPECT_EQ(verdict("s3"), "it plays, at 1.4 s of 10.0 s");
    EXPECT_EQ(verdict("hall/left"), verdict());
}

TEST_F(Why, ALiveSourceGivesNothing) {
    PlayRequest live;
    live.programme.title = "radio";
    live.programme.live = LiveStream{"pipe:/run/radio", 0, {}, {}};
    live.to = {"hall/left"};
    session = bench.ask<SessionRow>(live).id;
    hall_says(SessionState::ready);
    EXPECT_EQ(verdict(), "the source of session s3 ('radio') is being opened");
    bench.take(SourceOpened{session, {}});
    hall_says(SessionState::ready);
    bench.take(SourceChanged{{session, SourceState::stalled, "no program writes to /run/radio yet"}});
    hall_says(SessionState::ready);
    bench.now = bench.now + seconds(2);
    hall_says(SessionState::playing);
    EXPECT_EQ(verdict(), "the source of session s3 ('radio') gives nothing: no program writes to /run/radio yet");
    bench.take(SourceChanged{{session, SourceState::flowing, ""}});
    EXPECT_EQ(verdict(), "it plays session s3 ('radio') live, 1.3 s after its start");
}

TEST_F(Why, AnInputGivesNothingForItsBoardsSake) {
    PlayRequest live;
    live.programme.title = "input:foyer/mic";
    live.programme.live = LiveStream{live.programme.title, 0, {}, {}};
    live.to = {"hall/left"};
    live.input = "foyer/mic";
    session = bench.ask<SessionRow>(live).id;
    bench.take(SourceOpened{session, {}, LiveDoor{}});
    hall_says(SessionState::ready);
    bench.now = bench.now + seconds(2);
    hall_says(SessionState::playing);
    EXPECT_EQ(verdict("foyer/mic"), "it is played by session s3");
    bench.take(WorkerMessage{foyer, {{}, Alive{false}}});
    bench.take(SourceChanged{{session, SourceState::stalled, "nothing comes from the input foyer/mic"}});
    EXPECT_EQ(verdict(),
              "the source of session s3 ('input:foyer/mic') gives nothing: nothing comes from the input "
              "foyer/mic; foyer is offline");
    EXPECT_EQ(verdict("foyer/mic"), "its worker is offline");
}

TEST_F(Why, ItWasStoppedAndByWhom) {
    play_here();
    bench.ask<SessionRow>(StopRequest{session});
    hall_says(SessionState::ended);
    EXPECT_EQ(verdict(), "no session is planned for it; the last one, s3 ('melody'), was stopped, as ann asked");
}

TEST_F(Why, ItIsPausedAndByWhom) {
    play_here();
    bench.ask<SessionRow>(PauseRequest{session});
    hall_says(SessionState::ready);
    EXPECT_EQ(verdict(), "session s3 ('melody') is paused at 1.4 s, as ann asked");
}

TEST_F(Why, ItIsOffline) {
    play_here();
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    bench.now = bench.now + seconds(42);
    EXPECT_EQ(verdict(), "it is offline: its last word came 42.0 s ago");
}

TEST_F(Why, ItWasNeverHeard) {
    bench.state.presence.erase(hall);
    EXPECT_NE(verdict().find("has not been heard since this coordinator started"), std::string::npos) << verdict();
}

TEST_F(Why, TheNewestDocumentHasNotReachedIt) {
    play_to("hall/left");
    EXPECT_NE(verdict().find("the newest is 2: what shall be has not reached it yet"), std::string::npos) << verdict();
}

TEST_F(Why, ItFetchesTheProgramme) {
    play_to("hall/left");
    hall_says(SessionState::fetching);
    EXPECT_EQ(verdict(),
              "session s3 ('melody') is being prepared: it fetches the programme; who is not ready in 10.0 s "
              "joins later");
}

TEST_F(Why, ItWaitsForTheOthersByName) {
    play_to("all");
    hall_says(SessionState::ready);
    EXPECT_NE(verdict().find("it is ready and waits for foyer"), std::string::npos) << verdict();
}

TEST_F(Why, ItsStartIsInTheFuture) {
    play_to("hall/left");
    hall_says(SessionState::ready);
    hall_says(SessionState::ready);
    EXPECT_EQ(verdict(), "session s3 ('melody') starts in 0.6 s");
}

TEST_F(Why, ItFailedWhileTheOthersPlay) {
    play_to("all");
    hall_says(SessionState::failed, "the blob could not be fetched");
    bench.report(foyer, Activity::waiting, {{session, SessionState::ready, "", 0, 0}});
    bench.now = bench.now + seconds(2);
    hall_says(SessionState::failed, "the blob could not be fetched");
    EXPECT_EQ(verdict(), "session s3 ('melody') plays, but it failed: the blob could not be fetched");
}

TEST_F(Why, TheSessionFailedForAll) {
    play_to("hall/left");
    hall_says(SessionState::failed, "disk full");
    hall_says(SessionState::failed, "disk full");
    EXPECT_NE(verdict().find("the last one, s3 ('melody'), failed: hall: disk full"), std::string::npos) << verdict();
}

TEST_F(Why, ItIsTakenForMaintenanceAndByWhom) {
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    bench.report(hall, Activity::maintenance);
    EXPECT_EQ(verdict(), "it is taken for maintenance, as ann asked; give it back with: antiphon workers release hall");
}

TEST_F(Why, ItIsMutedOrAtVolumeZero) {
    play_here();
    bench.ask(VolumeRequest{"hall/left", {}, true});
    hall_says(SessionState::playing);
    EXPECT_EQ(verdict(), "its output left is muted");
    bench.ask(VolumeRequest{"hall/left", 0.0, false});
    hall_says(SessionState::playing);
    EXPECT_EQ(verdict(), "the volume of its output left is 0");
    bench.ask(VolumeRequest{"hall/left", 1.0, false});
    bench.ask<SessionRow>(VolumeRequest{session.value, 0.0, {}});
    hall_says(SessionState::playing);
    EXPECT_EQ(verdict(), "the volume of session s3 is 0");
}

TEST_F(Why, ItsDeviceDoesNotWork) {
    bench.outputs = {{"left", "alsa:hw:0", "no such device"}};
    bench.report(hall);
    EXPECT_EQ(verdict(), "output hall/left (alsa:hw:0) does not work: no such device");
}

TEST_F(Why, ItHasNoOutput) {
    bench.outputs.clear();
    bench.report(hall);
    EXPECT_EQ(verdict(), "it has no output; start it with --output NAME=DEVICE");
}

TEST_F(Why, ItsClockIsNotSynchronised) {
    bench.synchronised = false;
    bench.report(hall);
    EXPECT_EQ(verdict(), "its clock is not synchronised yet, so it cannot know when to play");
}

TEST_F(Why, AnotherBoardHoldsItsDevice) {
    bench.outputs = {{"left", "bluetooth:AA", ""}};
    bench.report(hall);
    bench.report(foyer);
    play_to("foyer/left");
    EXPECT_EQ(verdict("hall/left"), "its device, bluetooth:AA, is held by foyer/left");
    EXPECT_EQ(verdict("bluetooth:AA"), "foyer/left holds it: no other board may drive it");
}

TEST_F(Why, ItObeysAnotherCoordinator) {
    bench.epoch_seen = Epoch{9};
    bench.report(hall);
    EXPECT_EQ(verdict(), "it has seen epoch 9, ours is 1: it obeys another coordinator");
    bench.report(foyer);
    bench.tick();
    EXPECT_NE(verdict().find("another coordinator, of epoch 9, leads this cluster"), std::string::npos) << verdict();
}

TEST_F(Why, ItWasRemovedAndByWhom) {
    bench.ask(WorkerRemoveRequest{"hall"});
    const auto explained = explain(bench.state, "hall", bench.now);
    ASSERT_TRUE(explained);
    EXPECT_EQ(explained->verdict, "it was removed from the cluster, or replaced");
    ASSERT_FALSE(explained->history.empty());
    EXPECT_EQ(explained->history.back().topic, "worker.removed");
    EXPECT_EQ(explained->history.back().asked_by, "ann");
}

TEST_F(Why, WhatThereIsNotIsAnsweredWithWhatMayBeAsked) {
    const auto nothing = explain(bench.state, "cellar", bench.now);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, ErrorCode::not_found);
}

TEST_F(Why, ARecordingTellsOfEachTrack) {
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"all"}});
    EXPECT_EQ(verdict(recording.id.value), "it records");
    EXPECT_EQ(explain(bench.state, recording.id.value, bench.now)->grounds.size(), 2u);
    EXPECT_EQ(verdict("hall/mic"), "it is recorded by " + recording.id.value);
    EXPECT_EQ(verdict("foyer/mic"), "it is recorded by " + recording.id.value);
}

TEST_F(Why, TheHistoryIsBoundedAndOldestFirst) {
    for (int i = 0; i < 20; ++i) {
        play_to("hall/left");
        bench.ask<SessionRow>(StopRequest{session});
        hall_says(SessionState::ended);
    }
    const auto explained = explain(bench.state, "hall", bench.now);
    ASSERT_EQ(explained->history.size(), history_shown);
    EXPECT_LT(explained->history.front().number, explained->history.back().number);
    EXPECT_EQ(explained->history.back().topic, "session.stopped");
}

}  // namespace
}  // namespace antiphon::core
