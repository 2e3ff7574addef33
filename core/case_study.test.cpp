// The use case of the case study: the coordinator pings a worker and learns its state; a waiting one may be taken for
// maintenance, one that plays or records may not, whatever arrives in between.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"

namespace antiphon::core {
namespace {

TEST(TheCaseStudy, ThePingLearnsTheWorkersState) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(bench.user_request(PingRequest{"hall"}));
    EXPECT_FALSE(bench.answer());
    const auto id = std::get<PublishPing>(bench.effects.front()).id;
    bench.take(WorkerMessage{hall, {{}, Pong{id, {1}, {1}, Activity::playing, {}}}});
    ASSERT_TRUE(bench.answer());
    EXPECT_EQ(std::get<Pong>(**bench.answer()).activity, Activity::playing);
    bench.take(WorkerMessage{hall, {{}, Pong{id, {1}, {1}, Activity::waiting, {}}}});
    EXPECT_FALSE(bench.answer());
}

TEST(TheCaseStudy, APingIsSentAgainToAWorkerThatComesBackInTime) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(bench.user_request(PingRequest{"hall"}));
    const auto first = std::get<PublishPing>(bench.effects.front());
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    bench.now = bench.now + std::chrono::seconds(3);
    bench.take(WorkerMessage{hall, {{}, Alive{true}}});
    const auto again = std::get<PublishPing>(bench.effects.front());
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.deadline, first.deadline);
    bench.take(WorkerMessage{hall, {{}, Pong{again.id, {1}, {1}, Activity::waiting, {}}}});
    EXPECT_TRUE(bench.answer() && *bench.answer());
}

TEST(TheCaseStudy, AConnectionThatIsOverIsNotBelievedAgain) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto say = [&](bool alive, Connection connection) {
        bench.take(WorkerMessage{hall, {{}, Alive{alive, connection}}});
        return bench.state.presence.find(hall)->online;
    };
    EXPECT_TRUE(say(true, {{1}, 2}));
    EXPECT_TRUE(say(false, {{1}, 1})) << "a last will that somebody kept";
    EXPECT_FALSE(say(false, {{1}, 2}));
    EXPECT_FALSE(say(true, {{1}, 2})) << "a greeting that was overtaken";
    EXPECT_TRUE(say(true, {{2}, 1}));
    EXPECT_TRUE(say(false, {{1}, 7})) << "of an earlier life";
    EXPECT_EQ(bench.state.counters.old_greetings, 3U);
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    EXPECT_FALSE(bench.state.presence.find(hall)->online) << "a worker that does not name its connections";
}

TEST(TheCaseStudy, AnUnansweredPingTellsWhetherTheWorkerWasThere) {
    Bench bench;
    const auto hall = bench.join("hall");
    for (const auto& [alive, told] : {std::pair(true, "worker 'hall' did not answer within 5 s"),
                                      std::pair(false, "worker 'hall' is offline and did not come back within 5 s")}) {
        bench.take(WorkerMessage{hall, {{}, Alive{alive}}});
        bench.take(bench.user_request(PingRequest{"hall"}));
        bench.now = bench.now + std::chrono::seconds(6);
        bench.tick();
        ASSERT_TRUE(bench.answer());
        EXPECT_EQ(bench.answer()->error().what, told);
    }
}

TEST(TheCaseStudy, AWaitingWorkerIsTakenAndThenMayNotPlay) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    EXPECT_FALSE(bench.answer());
    EXPECT_TRUE(bench.published(hall)->document.maintenance);
    // In between: somebody wants it to play. The lock is in the desired state, so it is held already.
    EXPECT_EQ(bench.refused(play({"hall/left"})).code, ErrorCode::conflict);
    EXPECT_EQ(bench.refused(RecordRequest{{"hall/mic"}}).code, ErrorCode::conflict);
    bench.report(hall, Activity::maintenance);
    ASSERT_TRUE(bench.answer());
    EXPECT_TRUE(std::get<WorkerRow>(**bench.answer()).maintenance);
    bench.ask<WorkerRow>(MaintenanceRequest{"hall", false});
    bench.ask<SessionRow>(play({"hall/left"}));
}

TEST(TheCaseStudy, OneThatPlaysOrRecordsIsNotTaken) {
    Bench bench;
    bench.join("hall");
    const auto session = bench.ask<SessionRow>(play({"hall/left"}));
    EXPECT_EQ(bench.refused(MaintenanceRequest{"hall", true}).what, "worker 'hall' plays session " + session.id.value);
    bench.ask<SessionRow>(StopRequest{session.id});
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    EXPECT_EQ(bench.refused(MaintenanceRequest{"hall", true}).what, "worker 'hall' records for " + recording.id.value);
}

TEST(TheCaseStudy, AWorkerThatDoesNotGiveItselfUpInTimeIsLeftAlone) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    bench.now = bench.now + std::chrono::seconds(6);
    bench.tick();
    ASSERT_TRUE(bench.answer());
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::unavailable);
    EXPECT_FALSE(bench.published(hall)->document.maintenance);
}

TEST(TheCaseStudy, AnOfflineWorkerIsNotTaken) {
    Bench bench;
    const auto hall = bench.join("hall");
    bench.take(WorkerMessage{hall, {{}, Alive{false}}});
    EXPECT_NE(bench.refused(MaintenanceRequest{"hall", true}).what.find("offline"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::core
