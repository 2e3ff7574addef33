// Laws of more than one coordinator, and of the journal that tells who decided what.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"

namespace antiphon::core {
namespace {

// A cluster whose workers have heard another coordinator.
struct Overtaken : Bench {
    Overtaken() {
        hall = join("hall");
        foyer = join("foyer");
        attic = join("attic");
        epoch_seen = Epoch{9};
    }
    WorkerId hall, foyer, attic;
};

TEST(Epochs, ACoordinatorThatMostWorkersHaveLeftDecidesNothingAnyMore) {
    Overtaken bench;
    bench.report(bench.hall);
    bench.tick();
    EXPECT_FALSE(bench.state.cluster.superseded_by) << "one board's word alone does not silence a cluster";
    bench.report(bench.foyer);
    bench.tick();
    EXPECT_EQ(bench.state.cluster.superseded_by, Epoch{9});
    EXPECT_EQ(bench.announced(), "coordinator.superseded");
    const auto refused = bench.refused(play({"all"}));
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_NE(refused.what.find("(epoch 9) leads this cluster"), std::string::npos) << refused.what;
    bench.take(BusConnected{});
    EXPECT_FALSE(bench.published(bench.attic));
    const auto sequence = bench.state.presence.find(bench.attic)->reported.sequence;
    bench.report(bench.attic);
    EXPECT_EQ(bench.state.presence.find(bench.attic)->reported.sequence, sequence) << "it hears nobody";
    bench.take(TrackReceived{77, {"r1"}, {bench.attic, "mic"}, 1, 0, "hash", "file", ""});
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::unavailable) << "the worker keeps its file and tries again";
    bench.take(CoordinatorStarted{{7}, {}});
    EXPECT_EQ(bench.state.cluster.epoch, Epoch{1}) << "a restart does not make it lead again";
}

TEST(Epochs, ARestoredCoordinatorGoesAboveEveryEpochThatAWorkerKnows) {
    Overtaken bench;
    bench.state.cluster.restored = true;
    bench.report(bench.hall);
    bench.tick();
    EXPECT_EQ(bench.state.cluster.epoch, Epoch{10});
    EXPECT_FALSE(bench.state.cluster.superseded_by);
    ASSERT_TRUE(bench.published(bench.foyer));
    EXPECT_EQ(bench.published(bench.foyer)->document.epoch, Epoch{10});
    bench.epoch_seen.reset();
    for (const auto& id : {bench.hall, bench.foyer, bench.attic}) bench.report(id);
    bench.tick();
    EXPECT_FALSE(bench.state.cluster.restored) << "all follow it";
}

TEST(Epochs, AnEpochOfNobodyIsNotBelieved) {
    Overtaken bench;
    bench.state.cluster.restored = true;
    bench.epoch_seen = Epoch{~std::uint64_t{0}};
    bench.report(bench.hall);
    bench.report(bench.foyer);
    bench.tick();
    EXPECT_EQ(bench.state.cluster.epoch, Epoch{1});
    EXPECT_FALSE(bench.state.cluster.superseded_by);
}

TEST(Epochs, AWorkerThatIsAheadOfARestoredBackupGetsANewerDocument) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto session = bench.ask<SessionRow>(play({"all"}));
    ReportedDocument ahead;
    ahead.boot = {1};
    ahead.sequence = 100;
    ahead.applied = {50};
    ahead.activity = Activity::maintenance;
    ahead.sessions = {{session.id, SessionState::ended, "", 0, 0}};
    bench.take(WorkerMessage{hall, {{}, Reported{ahead}}});
    ASSERT_TRUE(bench.published(hall));
    EXPECT_EQ(bench.published(hall)->document.generation, Generation{51});
    EXPECT_EQ(bench.published(hall)->document.sessions.size(), 1u);
    EXPECT_TRUE(bench.state.sessions.find(session.id)->active()) << "what it says is about what we never wanted";
}

TEST(Journal, TellsWhoAskedAndOnWhatGround) {
    Bench bench;
    const auto hall = bench.join("hall");
    const auto session = bench.ask<SessionRow>(play({"all"}));
    EXPECT_EQ(bench.last_news()->entry.asked_by, "ann");
    EXPECT_EQ(bench.last_news()->entry.ground, "it was asked for");
    EXPECT_EQ(bench.last_news()->entry.object, session.id.value);
    bench.report(hall, Activity::waiting, {{session.id, SessionState::ready, "", 0, 0}});
    EXPECT_EQ(bench.announced(), "session.playing");
    EXPECT_EQ(bench.last_news()->entry.asked_by, "");
    EXPECT_EQ(bench.last_news()->entry.ground, "worker 'hall' said so");
    const auto number = bench.last_news()->entry.number;
    EXPECT_EQ(bench.state.journal.find(number)->topic, "session.playing");
}

TEST(Journal, HasWhateverWasRefusedAlsoWhatWouldHaveWaited) {
    Bench bench;
    bench.refused(PingRequest{"nowhere"});
    bench.tick();
    EXPECT_EQ(bench.announced(), "request.refused");
    EXPECT_EQ(bench.last_news()->entry.asked_by, "ann");
}

TEST(Journal, KeepsTheNewestAndWritesARefusalWithTheNextTick) {
    Bench bench;
    bench.state.limits.journal = 3;
    bench.state.limits.news = 2;
    bench.take(ClusterTick{WallTime{1000}});
    bench.now = bench.now + Duration(5);
    for (int i = 0; i < 4; ++i) bench.refused(StopRequest{{"s9"}});
    EXPECT_EQ(bench.state.counters.news_dropped, 2u);
    bench.take(ClusterTick{WallTime{2000}});
    EXPECT_EQ(bench.announced(), "request.refused");
    EXPECT_EQ(bench.last_news()->entry.at.ns, 1005) << "when it was decided, not when it was written";
    EXPECT_EQ(bench.state.journal.size(), 3u);
    for (int i = 0; i < 2; ++i) bench.refused(StopRequest{{"s9"}});
    bench.tick();
    EXPECT_EQ(bench.state.journal.size(), 3u);
    EXPECT_EQ(bench.state.journal.rows().rbegin()->first, bench.state.cluster.journal);
}

TEST(Journal, ReadsInTheOrderOfWhatHappened) {
    Bench bench;
    bench.join("hall");
    bench.refused(StopRequest{{"s9"}});  // waits for the next tick, or the next decision
    bench.ask<InvitationRow>(InviteRequest{"fresh"});
    const auto& kept = bench.state.journal.rows();
    EXPECT_EQ(kept.rbegin()->second->topic, "invitation.made");
    EXPECT_EQ(std::next(kept.rbegin())->second->topic, "request.refused");
    const auto count = kept.size();
    bench.tick();
    EXPECT_EQ(bench.state.journal.size(), count) << "once";
}

TEST(Asks, AreBoundedAndTheNextIsRefused) {
    Bench bench;
    bench.state.limits.asks = 2;
    bench.join("hall");
    for (int i = 0; i < 2; ++i) bench.take(bench.user_request(PingRequest{"hall"}));
    EXPECT_EQ(bench.refused(PingRequest{"hall"}).code, ErrorCode::exhausted);
    EXPECT_EQ(bench.state.asks.size(), 2u);
}

}  // namespace
}  // namespace antiphon::core
