// Laws of live sources: one is open for each session that wants it, and for no other.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

using std::chrono::milliseconds;

template <class Effect>
const Effect* told(const Bench& bench) {
    for (const auto& effect : bench.effects)
        if (const auto* found = std::get_if<Effect>(&effect)) return found;
    return nullptr;
}

PlayRequest live(std::vector<std::string> to, std::optional<Duration> latency = {}) {
    PlayRequest play;
    play.programme.title = "tone:440";
    play.programme.live = LiveStream{"tone:440", 0, {}, {}};
    play.to = std::move(to);
    play.latency = latency;
    return play;
}

struct LiveBench : Bench {
    WorkerId hall = join("hall");
    SessionId session;
    LiveDoor door{.port = 8744, .key = "secret"};

    void begin(std::optional<Duration> latency = {}) { session = ask<SessionRow>(live({"hall/left"}, latency)).id; }
    void open() { take(SourceOpened{session, door}); }
    void ready() { report(hall, Activity::waiting, {{session, SessionState::ready, "", 0, 0}}); }
    void change(SourceState to, std::string reason = "") { take(SourceChanged{{session, to, std::move(reason)}}); }
    const SessionRow& row() const { return *state.sessions.find(session); }
    // How long this worker's output needs, in milliseconds.
    void needs(int ms) {
        outputs = {{"left", "virtual:speaker", "", Duration(milliseconds(ms)).count()}};
        report(hall);
    }
    void play_on() {
        begin();
        open();
        ready();
    }
};

TEST(LiveSource, IsOpenedThenHeardOfThenBegun) {
    LiveBench bench;
    bench.begin();
    ASSERT_TRUE(told<OpenSource>(bench));
    EXPECT_EQ(told<OpenSource>(bench)->source, "tone:440");
    bench.open();
    ASSERT_TRUE(bench.published(bench.hall));
    EXPECT_EQ(bench.published(bench.hall)->document.sessions.front().programme.live->door, bench.door);
    EXPECT_FALSE(told<BeginSource>(bench));
    bench.ready();
    ASSERT_TRUE(told<BeginSource>(bench));
    EXPECT_EQ(told<BeginSource>(bench)->begins, (ClusterTime{{7}, start_lead.count()}));
    EXPECT_EQ(bench.row().phase, SessionPhase::playing);
    bench.change(SourceState::flowing);
    EXPECT_EQ(bench.state.sources.find(bench.session)->state, SourceState::flowing);
}

TEST(LiveSource, IsClosedWithItsSession) {
    LiveBench bench;
    bench.play_on();
    bench.ask<SessionRow>(StopRequest{bench.session});
    ASSERT_TRUE(told<CloseSource>(bench));
    EXPECT_EQ(told<CloseSource>(bench)->session, bench.session);
    EXPECT_FALSE(bench.state.sources.find(bench.session));
    bench.open();
    EXPECT_TRUE(bench.effects.empty()) << "a late word changes nothing";
    bench.change(SourceState::flowing);
    EXPECT_FALSE(bench.state.sources.find(bench.session));
}

TEST(LiveSource, ThatFailsOrEndsIsItsSessionsEnd) {
    LiveBench bench;
    bench.begin();
    bench.change(SourceState::failed, "there is no pipe");
    EXPECT_EQ(bench.row().phase, SessionPhase::failed);
    EXPECT_EQ(bench.row().reason, "there is no pipe");
    EXPECT_EQ(bench.announced(), "session.failed");
    bench.play_on();
    bench.change(SourceState::ended);
    EXPECT_EQ(bench.row().phase, SessionPhase::ended);
    EXPECT_TRUE(told<CloseSource>(bench));
}

TEST(LiveSource, StaysOpenWhileItsSessionIsPaused) {
    LiveBench bench;
    bench.play_on();
    bench.ask<SessionRow>(PauseRequest{bench.session});
    EXPECT_FALSE(told<CloseSource>(bench));
    bench.ask<SessionRow>(ResumeRequest{bench.session});
    EXPECT_FALSE(told<OpenSource>(bench));
    EXPECT_FALSE(told<BeginSource>(bench)) << "it has never stopped";
}

TEST(LiveSource, IsOpenedAgainByTheNextLifeWithAnotherDoor) {
    LiveBench bench;
    bench.play_on();
    const auto begins = bench.row().programme.live->begins;
    bench.take(CoordinatorStarted{{7}});
    EXPECT_EQ(told<KeepSources>(bench)->sessions, std::set<SessionId>{bench.session});
    EXPECT_TRUE(told<OpenSource>(bench));
    bench.door.key = "another";
    bench.open();
    EXPECT_EQ(bench.published(bench.hall)->document.sessions.front().programme.live->door->key, "another");
    ASSERT_TRUE(told<BeginSource>(bench));
    EXPECT_EQ(told<BeginSource>(bench)->begins, begins) << "on the same clock it goes on where it would be";
}

TEST(LiveSource, BeginsAnewOnAnotherClock) {
    LiveBench bench;
    bench.play_on();
    bench.take(CoordinatorStarted{{8}});
    EXPECT_FALSE(told<BeginSource>(bench));
    bench.open();
    ASSERT_TRUE(told<BeginSource>(bench));
    EXPECT_EQ(told<BeginSource>(bench)->begins.incarnation, ClockIncarnation{8});
}

TEST(LiveSource, IsSentInTheCodecThatWasAskedForInEachLife) {
    LiveBench bench;
    auto asked = live({"hall/left"});
    asked.codec = LiveCodec::opus;
    bench.session = bench.ask<SessionRow>(asked).id;
    EXPECT_EQ(told<OpenSource>(bench)->codec, LiveCodec::opus);
    bench.open();
    bench.take(CoordinatorStarted{{8}});
    EXPECT_EQ(told<OpenSource>(bench)->codec, LiveCodec::opus);
    bench.ask<SessionRow>(StopRequest{bench.session});
    bench.session = bench.ask<SessionRow>(live({"hall/left"})).id;
    EXPECT_EQ(told<OpenSource>(bench)->codec, LiveCodec::flac);
}

TEST(LiveSource, IsClosedByAnActorThatTakesTheSessionForOver) {
    LiveBench bench;
    bench.play_on();
    bench.ask<SessionRow>(StopRequest{bench.session});
    bench.take(CoordinatorStarted{{7}});  // the order to close it may have been lost with the actor before
    EXPECT_TRUE(told<KeepSources>(bench)->sessions.empty());
    EXPECT_FALSE(told<OpenSource>(bench));
}

TEST(LiveSource, IsAskedAgainWhenItsWordIsLost) {
    LiveBench bench;
    bench.play_on();
    bench.take(SourcesUnheard{});
    ASSERT_TRUE(told<KeepSources>(bench));
    EXPECT_EQ(told<KeepSources>(bench)->sessions, std::set{bench.session});
    ASSERT_TRUE(told<OpenSource>(bench));
    EXPECT_EQ(told<OpenSource>(bench)->session, bench.session);
}

TEST(LiveLatency, SuitsTheSlowestOutput) {
    LiveBench bench;
    bench.needs(30);
    EXPECT_EQ(bench.ask<SessionRow>(live({"hall/left"})).programme.live->latency_ns, live_latency_default.count());
    bench.ask<SessionRow>(StopRequest{{"s" + std::to_string(bench.state.cluster.next_id - 1)}});
    bench.needs(230);
    EXPECT_EQ(bench.ask<SessionRow>(live({"hall/left"})).programme.live->latency_ns,
              (live_transport(LiveCodec::flac) + live_repairs_wanted + milliseconds(230)).count());
}

TEST(LiveLatency, IsRefusedWhenAnOutputNeedsMore) {
    LiveBench bench;
    bench.needs(30);
    const auto refused = bench.refused(live({"hall/left"}, milliseconds(42)));
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_EQ(refused.what, "hall/left needs a latency of 43 ms to play a live source; ask for that, or leave it out");
    EXPECT_EQ(bench.refused(live({"hall/left"}, milliseconds(5))).code, ErrorCode::invalid);
    EXPECT_EQ(bench.refused(live({"hall/left"}, milliseconds(2001))).code, ErrorCode::invalid);
    EXPECT_EQ(bench.ask<SessionRow>(live({"hall/left"}, milliseconds(43))).programme.live->latency_ns, 43'000'000);
}

TEST(LiveLatency, IsMoreForLongerPackets) {
    LiveBench bench;
    bench.needs(30);
    auto asked = live({"hall/left"}, milliseconds(50));
    asked.codec = LiveCodec::opus;
    EXPECT_NE(bench.refused(asked).what.find("needs a latency of 51 ms"), std::string::npos);
    asked.latency = milliseconds(51);
    EXPECT_EQ(bench.ask<SessionRow>(asked).programme.live->latency_ns, 51'000'000);
}

TEST(LiveSource, HasNoStartToChooseAndAFileNoLatency) {
    LiveBench bench;
    auto late = live({"hall/left"});
    late.from_frame = 1;
    EXPECT_EQ(bench.refused(late).code, ErrorCode::invalid);
    auto file = play({"hall/left"});
    file.latency = milliseconds(100);
    EXPECT_EQ(bench.refused(file).code, ErrorCode::invalid);
    file.latency.reset();
    file.codec = LiveCodec::opus;
    EXPECT_EQ(bench.refused(file).what, "only a live source has a codec to choose");
}

TEST(LiveSource, ThereAreAtMostSoManyAtOnce) {
    LiveBench bench;
    bench.outputs.clear();
    for (std::size_t i = 0; i <= live_sources_max; ++i)
        bench.outputs.push_back({"o" + std::to_string(i), "virtual:speaker", ""});
    bench.report(bench.hall);
    for (std::size_t i = 0; i < live_sources_max; ++i) bench.ask<SessionRow>(live({"hall/o" + std::to_string(i)}));
    EXPECT_EQ(bench.refused(live({"hall/o" + std::to_string(live_sources_max)})).code, ErrorCode::exhausted);
}

// Who was replaced sends nothing any more either.
TEST(LiveSource, IsClosedByWhoIsSuperseded) {
    LiveBench bench;
    bench.play_on();
    bench.epoch_seen = Epoch{900};
    bench.report(bench.hall);
    bench.tick();
    ASSERT_TRUE(bench.state.cluster.superseded_by);
    EXPECT_TRUE(told<CloseSource>(bench));
}

TEST(OpenDoor, IsOpenedChangedAndShutWithoutAWorkerHearingOfIt) {
    LiveBench bench;
    bench.play_on();
    const OpenDoor group{"239.1.2.3", 5004, OpenCodec::opus};
    EXPECT_EQ(bench.ask<SessionRow>(OpenDoorRequest{bench.session, group}).open_door, group);
    ASSERT_TRUE(told<SetOpenDoor>(bench));
    EXPECT_EQ(told<SetOpenDoor>(bench)->session, bench.session);
    EXPECT_EQ(told<SetOpenDoor>(bench)->door, group);
    EXPECT_EQ(bench.announced(), "session.door");
    EXPECT_FALSE(bench.published(bench.hall)) << "no document of theirs has it";
    bench.ask<SessionRow>(OpenDoorRequest{bench.session, group});
    EXPECT_FALSE(told<SetOpenDoor>(bench)) << "it is so already";
    bench.ask<SessionRow>(OpenDoorRequest{bench.session, std::nullopt});
    ASSERT_TRUE(told<SetOpenDoor>(bench));
    EXPECT_FALSE(told<SetOpenDoor>(bench)->door);
    EXPECT_FALSE(bench.row().open_door);
}

TEST(OpenDoor, IsSetAgainByTheNextLifeOpenOrShut) {
    LiveBench bench;
    bench.play_on();
    bench.take(CoordinatorStarted{{7}});
    ASSERT_TRUE(told<SetOpenDoor>(bench)) << "what was to shut it may have been lost";
    EXPECT_FALSE(told<SetOpenDoor>(bench)->door);
    bench.ask<SessionRow>(OpenDoorRequest{bench.session, OpenDoor{"239.1.2.3", 5004}});
    bench.take(CoordinatorStarted{{7}});
    ASSERT_TRUE(told<SetOpenDoor>(bench));
    EXPECT_EQ(told<SetOpenDoor>(bench)->door, bench.row().open_door);
}

TEST(OpenDoor, IsRefusedWhereNothingIsSentOrNoPortIsLeft) {
    LiveBench bench;
    bench.play_on();
    for (const std::uint16_t port : {0, 65535})
        EXPECT_NE(bench.refused(OpenDoorRequest{bench.session, OpenDoor{"239.1.2.3", port}}).what.find("1 to 65534"),
                  std::string::npos);
    EXPECT_EQ(bench.refused(OpenDoorRequest{{"s99"}, OpenDoor{"239.1.2.3", 5004}}).code, ErrorCode::not_found);
    bench.ask<SessionRow>(StopRequest{bench.session});
    EXPECT_EQ(bench.refused(OpenDoorRequest{bench.session, OpenDoor{"239.1.2.3", 5004}}).code, ErrorCode::conflict);
    EXPECT_EQ(permission_of(OpenDoorRequest{}), Permission::admin);
}

}  // namespace
}  // namespace antiphon::core
