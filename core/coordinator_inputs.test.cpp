// Laws of sessions that play an input: its board is told to send it, as long as it is to be heard.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

struct InputBench : Bench {
    WorkerId hall = join("hall");
    WorkerId foyer = join("foyer");
    SessionId session;
    LiveDoor door{.port = 8744, .key = "secret"};
    LiveDoor uplink{.port = 8745, .key = "another secret"};

    PlayRequest request(const std::string& input = "hall/mic") const {
        PlayRequest play;
        play.programme.title = "input:" + input;
        play.programme.live = LiveStream{"input:" + input, 0, {}, {}};
        play.to = {"foyer/left"};
        play.input = input;
        return play;
    }
    void begin() { session = ask<SessionRow>(request()).id; }
    void open() { take(SourceOpened{session, door, uplink}); }
    void ready() { report(foyer, Activity::waiting, {{session, SessionState::ready, "", 0, 0}}); }
    void play_on() {
        begin();
        open();
        ready();
    }
    std::vector<DesiredUplink> wanted_of(const WorkerId& worker) const {
        return desired_document(state, worker).uplinks.value_or(std::vector<DesiredUplink>());
    }
    const SessionRow& row() const { return *state.sessions.find(session); }
};

TEST(PlayedInput, IsSentByItsBoardOnceItsSessionBegins) {
    InputBench bench;
    bench.begin();
    bench.open();
    EXPECT_TRUE(bench.wanted_of(bench.hall).empty()) << "nobody knows yet when";
    bench.ready();
    ASSERT_TRUE(bench.published(bench.hall));
    const auto wanted = bench.wanted_of(bench.hall);
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted.front().id, bench.session);
    EXPECT_EQ(wanted.front().input, "mic");
    EXPECT_EQ(wanted.front().door, bench.uplink);
    EXPECT_EQ(wanted.front().begins, (ClusterTime{{7}, (start_lead - uplink_lead).count()}));
    EXPECT_TRUE(bench.wanted_of(bench.foyer).empty());
    const auto heard = desired_document(bench.state, bench.foyer).sessions.front();
    EXPECT_EQ(heard.programme.live->door, bench.door) << "who listens gets the other key";
    EXPECT_TRUE(desired_document(bench.state, bench.hall).sessions.empty());
}

TEST(PlayedInput, IsSentNoLongerThanItsSession) {
    InputBench bench;
    bench.play_on();
    bench.ask<SessionRow>(PauseRequest{bench.session});
    EXPECT_EQ(bench.wanted_of(bench.hall).size(), 1U) << "it may go on";
    bench.ask<SessionRow>(StopRequest{bench.session});
    ASSERT_TRUE(bench.published(bench.hall));
    EXPECT_TRUE(bench.wanted_of(bench.hall).empty());
    bench.play_on();
    bench.take(SourceChanged{{bench.session, SourceState::failed, "no port is free"}});
    EXPECT_TRUE(bench.published(bench.hall));
    EXPECT_TRUE(bench.wanted_of(bench.hall).empty());
}

TEST(PlayedInput, IsSentToWhereItIsHeardNow) {
    InputBench bench;
    bench.play_on();
    bench.uplink.port = 8999;
    bench.open();
    ASSERT_TRUE(bench.published(bench.hall));
    EXPECT_EQ(bench.wanted_of(bench.hall).front().door.port, 8999);
}

TEST(PlayedInput, MayBePlayedTwiceAndRecordedToo) {
    InputBench bench;
    bench.play_on();
    auto other = bench.request();
    other.to = {"hall/left"};
    bench.session = bench.ask<SessionRow>(other).id;
    bench.open();
    bench.report(bench.hall, Activity::recording, {{bench.session, SessionState::ready, "", 0, 0}});
    EXPECT_EQ(bench.wanted_of(bench.hall).size(), 2U);
    bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    EXPECT_EQ(desired_document(bench.state, bench.hall).recordings.size(), 1U);
}

TEST(PlayedInput, ThatThereIsNotIsRefusedByName) {
    InputBench bench;
    EXPECT_EQ(bench.refused(bench.request("hall/horn")).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(bench.request("attic/mic")).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(bench.request("all")).what, "'all' is more than one input; name one of them to play it");
}

TEST(Monitor, OfAnOutputIsAnInputThatNobodyLists) {
    InputBench bench;
    EXPECT_EQ(bench.ask<ListenRow>(ListenRequest{"hall/left-monitor"}).input, (EndpointId{bench.hall, "left-monitor"}));
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic", "hall/left-monitor"}});
    EXPECT_EQ(desired_document(bench.state, bench.hall).recordings.front().inputs,
              (std::vector<std::string>{"mic", "left-monitor"}));
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    EXPECT_EQ(bench.ask<RecordingRow>(RecordRequest{{"all"}}).tracks.size(), 2U) << "the microphones, and nothing else";
}

TEST(Monitor, OfWhatIsNoOutputIsNone) {
    InputBench bench;
    EXPECT_EQ(bench.refused(ListenRequest{"hall/right-monitor"}).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(ListenRequest{"hall/-monitor"}).code, ErrorCode::invalid);
    EXPECT_EQ(bench.refused(play({"hall/left-monitor"})).code, ErrorCode::not_found) << "it is no output";
}

TEST(Monitor, IsThereWhileItsOutputIs) {
    InputBench bench;
    bench.outputs = {{"horn", "virtual:speaker", ""}};
    bench.report(bench.hall);
    EXPECT_EQ(bench.refused(ListenRequest{"hall/left-monitor"}).code, ErrorCode::not_found);
    EXPECT_TRUE(bench.ask<ListenRow>(ListenRequest{"hall/horn-monitor"}).id.value.starts_with("l"));
}

TEST(PlayedInput, TakesThePermissionToRecord) {
    InputBench bench;
    EXPECT_EQ(permission_of(bench.request()), Permission::record);
    auto player = bench.user_request(bench.request());
    player.principal.permissions = PermissionSet{Permission::view, Permission::play};
    bench.take(player);
    ASSERT_TRUE(bench.answer());
    ASSERT_FALSE(*bench.answer());
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::denied);
}

TEST(PlayedInput, AndMaintenanceOfItsBoardExcludeEachOther) {
    InputBench bench;
    bench.play_on();
    EXPECT_EQ(bench.refused(MaintenanceRequest{"hall", true}).what,
              "worker 'hall' sends mic to session " + bench.session.value);
    bench.ask<SessionRow>(StopRequest{bench.session});
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    EXPECT_EQ(bench.refused(bench.request()).code, ErrorCode::conflict);
}

TEST(PlayedInput, OfABoardThatIsReplacedIsTheNewBoards) {
    InputBench bench;
    bench.play_on();
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    bench.ask<InvitationRow>(InviteRequest{"new", "hall"});
    const auto successor = bench.ask<WorkerRow>(JoinRequest{"new", "hall", "key2", 1, "credential", "password"}).id;
    EXPECT_EQ(bench.row().phase, SessionPhase::playing);
    EXPECT_EQ(bench.wanted_of(successor).size(), 1U);
}

TEST(PlayedInput, OfABoardThatIsRemovedIsItsSessionsEnd) {
    InputBench bench;
    bench.play_on();
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    bench.ask(WorkerRemoveRequest{"hall"});
    EXPECT_EQ(bench.row().phase, SessionPhase::failed);
    EXPECT_EQ(bench.row().reason, "the board of its input was removed from the cluster");
}

}  // namespace
}  // namespace antiphon::core
