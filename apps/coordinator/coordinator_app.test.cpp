// Laws of a coordinator whose actor breaks: nothing that was stored is lost, and nobody who asked waits for ever.
#include "apps/coordinator/coordinator_app.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/log.hpp"
#include "apps/backup/fixture.test.hpp"
#include "apps/coordinator/load.hpp"
#include "apps/node/node_clock.hpp"

namespace antiphon::coordinator {
namespace {

enum class Breaks { never, before_commit, after_commit, refusing };

// A real store with a bug in front of it.
class BreakingStore final : public ports::Store {
  public:
    explicit BreakingStore(std::unique_ptr<ports::Store> store) : store_(std::move(store)) {}

    void break_next(Breaks how, int times = 1) {
        how_ = how;
        left_ = times;
    }

    core::Result<ports::Revision> commit(std::span<const ports::StoreWrite> writes) override {
        break_if(Breaks::before_commit);
        if (how_ == Breaks::refusing && left_ > 0) {
            --left_;
            return core::Error{core::ErrorCode::unavailable, "the disk is full"};
        }
        auto done = store_->commit(writes);
        break_if(Breaks::after_commit);
        return done;
    }
    core::Result<std::optional<ports::StoredRow>> get(std::string_view key) override { return store_->get(key); }
    core::Result<std::vector<ports::StoredRow>> list(std::string_view prefix) override { return store_->list(prefix); }
    WatchId watch(std::string prefix, Watcher watcher) override {
        return store_->watch(std::move(prefix), std::move(watcher));
    }
    void unwatch(WatchId id) override { store_->unwatch(id); }

  private:
    void break_if(Breaks how) {
        if (how_ != how || left_ == 0) return;
        --left_;
        throw std::runtime_error("the store has a bug");
    }

    std::unique_ptr<ports::Store> store_;
    Breaks how_ = Breaks::never;
    int left_ = 0;
};

struct BrokenCoordinator : ::testing::Test {
    BrokenCoordinator() {
        auto loaded = load_state(store);
        CoordinatorApp::Handlers handlers;
        handlers.event = [](const core::JournalRow&) {};
        handlers.source = [this](const core::SourceOrder& order) {
            if (const auto* open = std::get_if<core::OpenSource>(&order)) opened.push_back(open->session.value);
        };
        handlers.occurrence = [](const core::FindOccurrence&) { return std::optional<core::WallTime>(); };
        core::SessionRow radio;
        radio.id = {"s1"};
        radio.programme.live = core::LiveStream{"tone:440", 0, {}, {}};
        loaded->state.sessions.put(radio.id, std::make_shared<core::SessionRow>(radio));
        handlers.reloaded = [this](const core::CoordinatorState&) { ++reloads; };
        handlers.cannot_go_on = [this](const core::Error& why) { ends.push_back(why.what); };
        const auto reload = [this]() -> core::Result<core::CoordinatorState> {
            auto again = load_state(store);
            if (!again) return again.error();
            return std::move(again->state);
        };
        app.emplace(CoordinatorApp::Parts{io, *clock, store, loaded->cluster, std::move(loaded->state), reload, {7}},
                    std::move(handlers));
        app->start();
        look();  // it has begun
    }

    static std::unique_ptr<ports::Store> open(const std::filesystem::path& folder) {
        std::filesystem::create_directories(folder);
        return std::move(*sqlite::SqliteStore::open(folder / "antiphon.db", upgrade_row));
    }

    void run_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io.restart();
        while (!done() && std::chrono::steady_clock::now() < deadline) io.run_one_until(deadline);
        ASSERT_TRUE(done());
    }

    void ask(const std::string& invitation, const std::string& trace = "") {
        ++asked;
        app->ask(core::InviteRequest{invitation, {}}, {{"ann", core::PermissionSet::everything(), {}}, {}, trace},
                 [this](const core::Result<core::AnswerBody>& body, const core::CoordinatorState&) {
                     const bool interrupted = !body && body.error().code == core::ErrorCode::unavailable;
                     answers.push_back(body ? "done" : interrupted ? "interrupted" : body.error().what);
                 });
    }
    std::vector<std::string> answered() {
        run_until([this] { return answers.size() == asked; });
        asked = 0;
        return std::exchange(answers, {});
    }
    // What the actor knows now.
    void look() {
        bool looked = false;
        app->look([&](const core::CoordinatorState& state) {
            epoch = state.cluster.epoch.value;
            invitations.clear();
            for (const auto& [digest, row] : state.invitations.rows()) invitations.push_back(digest);
            looked = true;
        });
        run_until([&] { return looked; });
    }

    backup::testing::Folder folder;
    boost::asio::io_context io{1};
    std::unique_ptr<ports::Clock> clock = std::move(*node::make_clock(std::nullopt, "coordinator"));
    BreakingStore store{open(folder.path / "data")};
    std::optional<CoordinatorApp> app;
    std::vector<std::string> opened;  // sessions whose source was to be opened
    std::vector<std::string> answers;
    std::size_t asked = 0;
    std::vector<std::string> ends;
    int reloads = 0;
    std::uint64_t epoch = 0;
    std::vector<std::string> invitations;
};

using ::testing::HasSubstr;
using ::testing::Not;
using Strings = std::vector<std::string>;

TEST_F(BrokenCoordinator, BeginsAnewFromItsRowsAndWhoeverWaitedIsTold) {
    ask("first");
    EXPECT_EQ(answered(), Strings{"done"});
    store.break_next(Breaks::before_commit);
    for (const auto* invitation : {"lost", "second", "third"}) ask(invitation);
    EXPECT_EQ(answered(), (Strings{"interrupted", "done", "done"})) << "only what it had in hand is interrupted";
    look();
    EXPECT_EQ(invitations, (Strings{"first", "second", "third"}));
    EXPECT_EQ(epoch, 2u);
    EXPECT_EQ(reloads, 1);
    EXPECT_EQ(app->counters().actor_restarts, 1u);
    EXPECT_TRUE(ends.empty());
}

TEST_F(BrokenCoordinator, MarksWhatComesOfARequestWithItsTraceAndNothingElse) {
    system::log::configure({.format = system::log::Format::json});
    ::testing::internal::CaptureStderr();
    store.break_next(Breaks::before_commit);
    ask("lost", "desk-1");
    ask("kept", "desk-2");
    EXPECT_EQ(answered(), (Strings{"interrupted", "done"}));
    system::log::info("test.after");
    const auto written = ::testing::internal::GetCapturedStderr();
    system::log::configure({});
    EXPECT_THAT(written, HasSubstr(R"("boot":"e2","actor":"decider","trace":"desk-2","event":"invitation.)"))
        << written;
    EXPECT_THAT(written, HasSubstr(R"("boot":"e2","event":"test.after")"));
    EXPECT_THAT(written, Not(HasSubstr("desk-1"))) << "nothing came of it, and what threw leaves nothing behind";
}

TEST_F(BrokenCoordinator, KeepsWhatWasStoredBeforeItBroke) {
    store.break_next(Breaks::after_commit);
    ask("stored");
    EXPECT_EQ(answered(), Strings{"interrupted"});
    look();
    EXPECT_EQ(invitations, Strings{"stored"});
}

TEST_F(BrokenCoordinator, EndsTheProcessWhenItBreaksAFourthTime) {
    store.break_next(Breaks::before_commit, 100);
    ask("never");
    run_until([this] { return !ends.empty(); });
    EXPECT_EQ(answered(), Strings{"interrupted"});
    EXPECT_EQ(ends, Strings{"coordinator/decider failed more than 3 times in 60 s, at last: the store has a bug"});
    EXPECT_EQ(reloads, 3);
}

TEST_F(BrokenCoordinator, AsksTheSourcesWhoseWordItCouldNotStoreWhatTheyAreNow) {
    EXPECT_EQ(std::exchange(opened, {}), Strings{"s1"}) << "by the beginning";
    store.break_next(Breaks::refusing, 2);
    app->source_opened({{"s1"}, {}});
    app->source_changed({{{"s1"}, core::SourceState::failed, "no such pipe"}});
    run_until([this] { return !opened.empty(); });
    look();
    EXPECT_EQ(opened, Strings{"s1"}) << "once for all that was lost";
    EXPECT_EQ(app->counters().steps_failed, 2U);
}

TEST_F(BrokenCoordinator, AsksTheSourcesWhoseWordItHadNoRoomFor) {
    system::log::configure({.level = system::log::Level::error});  // it would tell each refusal
    opened.clear();
    while (app->counters().mailbox_overflowed == 0) app->turn_calendar({});
    app->source_changed({{{"s1"}, core::SourceState::flowing, ""}});
    run_until([this] { return !opened.empty(); });
    system::log::configure({});
    EXPECT_EQ(opened, Strings{"s1"});
}

TEST_F(BrokenCoordinator, WithTooMuchToDoRefusesAtOnceAndAnswersWhatItTook) {
    system::log::configure({.level = system::log::Level::warning});  // it would tell each refusal
    std::size_t refused = 0;
    std::size_t taken = 0;
    const auto ask_for_nothing = [&] {
        app->ask(core::PauseRequest{{"s0"}}, {{"ann", core::PermissionSet::everything(), {}}, {}},
                 [&](const core::Result<core::AnswerBody>& body, const core::CoordinatorState&) {
                     ++(body.error().code == core::ErrorCode::unavailable ? refused : taken);
                 });
    };
    std::size_t asked_for = 0;
    for (; refused == 0 && asked_for < 100'000; ++asked_for) ask_for_nothing();
    EXPECT_EQ(refused, 1U);
    EXPECT_EQ(app->counters().mailbox_overflowed, 1U);
    bool looked = true;
    app->look([&](const core::CoordinatorState&) { looked = true; },
              [&](const core::Error& why) { looked = why.code != core::ErrorCode::unavailable; });
    EXPECT_FALSE(looked) << "who only wants to look is told as well";
    run_until([&] { return taken == asked_for - 1; });
    system::log::configure({});
    ask("after");
    EXPECT_EQ(answered(), Strings{"done"});
}

}  // namespace
}  // namespace antiphon::coordinator
