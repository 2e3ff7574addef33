// Laws of inputs that somebody listens to: their boards send them here as long as anybody takes them.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/session.hpp"
#include "core/why.hpp"

namespace antiphon::core {
namespace {

using std::chrono::seconds;

struct ListenBench : Bench {
    WorkerId hall = join("hall");
    WorkerId foyer = join("foyer");
    LiveDoor uplink{.port = 8745, .key = "secret"};

    SessionId listen(const std::string& input = "hall/mic") { return ask<ListenRow>(ListenRequest{input}).id; }
    void open(const SessionId& id) { take(SourceOpened{id, {}, uplink}); }
    void pass(Duration time) { now = now + time; }
    std::vector<DesiredUplink> wanted_of(const WorkerId& worker) const {
        return desired_document(state, worker).uplinks.value_or(std::vector<DesiredUplink>());
    }
    template <class Effect>
    std::vector<Effect> told() const {
        std::vector<Effect> all;
        for (const auto& effect : effects)
            if (const auto* found = std::get_if<Effect>(&effect)) all.push_back(*found);
        return all;
    }
};

TEST(Listening, OpensTheInputAndHasItsBoardSendIt) {
    ListenBench bench;
    const auto id = bench.listen();
    const auto orders = bench.told<OpenSource>();
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders.front().session, id);
    EXPECT_EQ(orders.front().source, "input:hall/mic");
    EXPECT_FALSE(orders.front().codec) << "it goes to no board";
    const auto is_answer = [](const CoordinatorEffect& effect) { return std::holds_alternative<Answer>(effect); };
    EXPECT_TRUE(is_answer(bench.effects.back())) << "who has it takes the sound at once: the source is open by then";
    EXPECT_TRUE(bench.wanted_of(bench.hall).empty()) << "nobody knows yet where to";
    bench.pass(seconds(1));
    bench.open(id);
    ASSERT_TRUE(bench.published(bench.hall));
    const auto wanted = bench.wanted_of(bench.hall);
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted.front(),
              (DesiredUplink{id, "mic", bench.uplink, bench.state.listens.find(id)->begins.value() + -uplink_lead}));
    const auto begun = bench.told<BeginSource>();
    ASSERT_EQ(begun.size(), 1U);
    EXPECT_EQ(begun.front().begins, (ClusterTime{{7}, bench.now.ns}));
    EXPECT_TRUE(bench.state.sessions.rows().empty());
}

TEST(Listening, IsOneForAllWhoListenToAnInput) {
    ListenBench bench;
    const auto first = bench.listen();
    EXPECT_EQ(bench.listen(), first);
    EXPECT_TRUE(bench.told<OpenSource>().empty());
    EXPECT_NE(bench.listen("foyer/mic"), first);
    EXPECT_EQ(bench.state.listens.size(), 2U);
}

TEST(Listening, EndsWhenNobodyTakesIt) {
    ListenBench bench;
    const auto id = bench.listen();
    bench.open(id);
    bench.pass(listen_linger - seconds(1));
    bench.take(ListenersGone{id});
    EXPECT_EQ(bench.wanted_of(bench.hall).size(), 1U) << "who asked is on his way";
    bench.listen();
    bench.pass(seconds(1));
    bench.take(ListenersGone{id});
    EXPECT_EQ(bench.wanted_of(bench.hall).size(), 1U) << "somebody has asked again";
    bench.pass(listen_linger - seconds(1));
    bench.take(ListenersGone{id});
    EXPECT_EQ(bench.told<CloseSource>().size(), 1U);
    ASSERT_TRUE(bench.published(bench.hall));
    EXPECT_TRUE(bench.wanted_of(bench.hall).empty());
    EXPECT_EQ(bench.announced(), "input.unheard");
    bench.take(ListenersGone{id});
    EXPECT_TRUE(bench.effects.empty());
}

TEST(Listening, EndsWithItsSource) {
    ListenBench bench;
    const auto id = bench.listen();
    bench.take(SourceChanged{{id, SourceState::stalled, "nothing comes from the input"}});
    EXPECT_TRUE(bench.state.listens.find(id)) << "it may come back";
    bench.take(SourceChanged{{id, SourceState::failed, "no port is free"}});
    EXPECT_FALSE(bench.state.listens.find(id));
    EXPECT_EQ(bench.told<CloseSource>().size(), 1U);
}

TEST(Listening, OfALifeBeforeIsForgotten) {
    ListenBench bench;
    const auto id = bench.listen();
    bench.open(id);
    const auto generation = bench.state.workers.find(bench.hall)->generation;
    bench.take(CoordinatorStarted{{8}});
    EXPECT_TRUE(bench.state.listens.rows().empty());
    ASSERT_TRUE(bench.published(bench.hall));
    EXPECT_GT(bench.published(bench.hall)->document.generation, generation) << "another document is another generation";
    ASSERT_EQ(bench.told<KeepSources>().size(), 1U);
    EXPECT_TRUE(bench.told<KeepSources>().front().sessions.empty());
}

TEST(Listening, GoesOnWhenItsSourceIsAskedWhatItIs) {
    ListenBench bench;
    const auto id = bench.listen();
    bench.open(id);
    bench.take(SourcesUnheard{});
    ASSERT_EQ(bench.told<KeepSources>().size(), 1U);
    EXPECT_EQ(bench.told<KeepSources>().front().sessions, std::set<SessionId>{id});
    ASSERT_EQ(bench.told<OpenSource>().size(), 1U);
    const auto begins = bench.state.listens.find(id)->begins;
    bench.pass(seconds(1));
    bench.open(id);
    EXPECT_EQ(bench.state.listens.find(id)->begins, begins);
    ASSERT_EQ(bench.told<BeginSource>().size(), 1U) << "its order may be what was lost";
    EXPECT_EQ(bench.told<BeginSource>().front().begins, begins);
}

TEST(Listening, TakesThePermissionToRecord) {
    ListenBench bench;
    auto player = bench.user_request(ListenRequest{"hall/mic"});
    player.principal.permissions = PermissionSet{Permission::view, Permission::play};
    bench.take(player);
    ASSERT_TRUE(bench.answer());
    ASSERT_FALSE(*bench.answer());
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::denied);
    EXPECT_TRUE(bench.state.listens.rows().empty());
}

TEST(Listening, ToWhatCannotBeHeardIsRefusedByName) {
    ListenBench bench;
    EXPECT_EQ(bench.refused(ListenRequest{"hall/horn"}).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(ListenRequest{"all"}).what,
              "'all' is more than one input; name one of them to listen to it");
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    const auto offline = bench.refused(ListenRequest{"hall/mic"});
    EXPECT_EQ(offline.code, ErrorCode::unavailable);
    EXPECT_EQ(offline.what, "worker 'hall' is offline: nothing comes from hall/mic");
}

TEST(Listening, AndMaintenanceOfItsBoardExcludeEachOther) {
    ListenBench bench;
    const auto id = bench.listen();
    EXPECT_EQ(bench.refused(MaintenanceRequest{"hall", true}).what,
              "worker 'hall' sends mic to somebody who listens to it");
    bench.pass(listen_linger);
    bench.take(ListenersGone{id});
    bench.take(bench.user_request(MaintenanceRequest{"hall", true}));
    EXPECT_EQ(bench.refused(ListenRequest{"hall/mic"}).code, ErrorCode::conflict);
}

TEST(Listening, EndsWithItsBoard) {
    ListenBench bench;
    const auto id = bench.listen();
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    EXPECT_TRUE(bench.state.listens.find(id)) << "it may come back";
    bench.ask(WorkerRemoveRequest{"hall"});
    EXPECT_FALSE(bench.state.listens.find(id));
    EXPECT_EQ(bench.told<CloseSource>().size(), 1U);
}

TEST(Listening, CountsAmongTheLiveSources) {
    ListenBench bench;
    bench.listen();
    for (std::size_t n = 1; n < live_sources_max; ++n) {
        auto source = play({});
        source.programme.live = LiveStream{"tone:440", 0, {}, {}};
        SessionRow row;
        row.id = {"s" + std::to_string(1000 + n)};
        row.programme = source.programme;
        CoordinatorDraft draft(bench.state);
        draft.sessions.put(row.id, row);
        draft.apply_to(bench.state);
    }
    EXPECT_EQ(bench.refused(ListenRequest{"foyer/mic"}).what,
              "64 live sources are open already; stop one of them first");
    EXPECT_NO_THROW(bench.listen()) << "one more of the same takes no other";
}

TEST(Listening, IsToldOfItsInput) {
    ListenBench bench;
    EXPECT_EQ(explain(bench.state, "hall/mic", bench.now)->verdict,
              "no recording is planned for it, no session plays it, and nobody listens to it");
    bench.listen();
    EXPECT_EQ(bench.announced(), "input.heard");
    EXPECT_EQ(explain(bench.state, "hall/mic", bench.now)->verdict, "it is listened to");
}

}  // namespace
}  // namespace antiphon::core
