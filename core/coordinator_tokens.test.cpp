// Laws of the tokens: who may give what, and that what is over stays over.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/invariants.hpp"

namespace antiphon::core {
namespace {

constexpr WallTime today{1'790'000'000'000'000'000};
constexpr Duration day = std::chrono::hours(24);

struct Tokens : ::testing::Test {
    Bench bench;

    Result<AnswerBody> ask_as(const Principal& who, RequestBody body, WallTime wall = today) {
        bench.take(UserRequest{++bench.last, std::move(body), wall, {}, who});
        return *bench.answer();
    }
    Result<AnswerBody> create(const std::string& name, PermissionSet may, std::optional<WallTime> ends = {},
                              WallTime wall = today) {
        return ask_as(admin, TokenCreateRequest{name, "digest of " + name, may, ends}, wall);
    }
    // The principal that shows it.
    Principal holder(const std::string& name, PermissionSet may, std::optional<WallTime> ends = {}) {
        const auto made = create(name, may, ends);
        EXPECT_TRUE(made) << (made ? "" : made.error().what);
        return {name, may, std::get<TokenRow>(*made).id};
    }
    const DismissToken* dismissed() const {
        for (const auto& effect : bench.effects)
            if (const auto* found = std::get_if<DismissToken>(&effect)) return found;
        return nullptr;
    }

    const Principal admin{"admin", PermissionSet::everything(), {}};
};

TEST_F(Tokens, MayDoWhatTheyNameAndNothingElse) {
    bench.join("hall");
    const auto looker = holder("looker", {Permission::view});
    const auto player = holder("player", {Permission::view, Permission::play});
    EXPECT_EQ(ask_as(looker, play({"all"})).error().code, ErrorCode::denied);
    EXPECT_TRUE(ask_as(player, play({"all"})));
    EXPECT_EQ(ask_as(player, TokenRevokeRequest{"looker"}).error().code, ErrorCode::denied);
}

TEST_F(Tokens, GiveNothingThatTheirCreatorLacks) {
    const Principal keeper{"keeper", {Permission::admin, Permission::view}, {}};
    const auto refused = ask_as(keeper, TokenCreateRequest{"t", "d", {Permission::view, Permission::play}, {}});
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
    EXPECT_NE(refused.error().what.find("'play'"), std::string::npos) << refused.error().what;
    EXPECT_TRUE(ask_as(keeper, TokenCreateRequest{"t", "d", {Permission::view}, {}}));
    const Principal board{"board", {Permission::admin, Permission::worker}, {}};
    EXPECT_EQ(ask_as(board, TokenCreateRequest{"u", "d", {Permission::worker}, {}}).error().code, ErrorCode::denied);
    EXPECT_EQ(create("v", {}).error().code, ErrorCode::invalid);
    EXPECT_EQ(create("v", {Permission::none}).error().code, ErrorCode::invalid);
}

TEST_F(Tokens, HaveNamesOfTheirOwn) {
    holder("desk", {Permission::view});
    EXPECT_EQ(create("desk", {Permission::view}).error().code, ErrorCode::conflict);
    EXPECT_EQ(create("Desk 1", {Permission::view}).error().code, ErrorCode::invalid);
    ASSERT_TRUE(ask_as(admin, TokenRevokeRequest{"desk"}));
    EXPECT_TRUE(create("desk", {Permission::view}));
}

TEST_F(Tokens, TheLastWayInStays) {
    EXPECT_EQ(create("admin", {Permission::view}).error().code, ErrorCode::conflict);
    EXPECT_EQ(ask_as(admin, TokenRevokeRequest{"admin"}).error().code, ErrorCode::conflict);
}

TEST_F(Tokens, RevokedTheyEndAtOnceEvenForARequestUnderWay) {
    const auto desk = holder("desk", {Permission::view, Permission::play});
    ASSERT_TRUE(ask_as(admin, TokenRevokeRequest{"desk"}));
    ASSERT_TRUE(dismissed());
    EXPECT_EQ(dismissed()->token, desk.token);
    const auto late = ask_as(desk, play({"all"}));
    EXPECT_EQ(late.error().code, ErrorCode::denied);
    EXPECT_NE(late.error().what.find("was revoked"), std::string::npos) << late.error().what;
    EXPECT_EQ(ask_as(admin, TokenRevokeRequest{"desk"}).error().code, ErrorCode::not_found);
}

TEST_F(Tokens, AtItsDateATokenEndsAndOnlyThatOne) {
    holder("short", {Permission::view}, today + day);
    holder("long", {Permission::view}, today + 2 * day);
    holder("endless", {Permission::view});
    bench.take(CalendarTick{today + day - Duration(1)});
    EXPECT_FALSE(dismissed());
    bench.take(CalendarTick{today + day});
    ASSERT_TRUE(dismissed());
    EXPECT_EQ(bench.state.tokens.find(dismissed()->token)->name, "short");
    EXPECT_EQ(bench.announced(), "token.ended");
    bench.take(CalendarTick{today + day});
    EXPECT_FALSE(dismissed());
}

TEST_F(Tokens, WhatHasEndedStaysEndedWhenTheClockIsSetBack) {
    const auto guest = holder("guest", {Permission::view, Permission::play}, today + day);
    bench.take(CalendarTick{today + day});
    const auto before = bench.state;
    bench.take(CalendarTick{today - 9 * day});
    EXPECT_TRUE(bench.state.tokens.find(guest.token)->ended);
    EXPECT_EQ(check_coordinator_progress(before, bench.state), std::nullopt);
    EXPECT_EQ(ask_as(guest, play({"all"}), today - 9 * day).error().code, ErrorCode::denied);
}

TEST_F(Tokens, WhatARequestWasRefusedForStaysOverWhenTheClockIsSetBackBeforeTheNextTick) {
    const auto guest = holder("guest", {Permission::view, Permission::play}, today + day);
    EXPECT_EQ(ask_as(guest, play({"all"}), today + day).error().code, ErrorCode::denied);
    ASSERT_TRUE(dismissed()) << "its listeners go at once";
    EXPECT_TRUE(bench.state.tokens.find(guest.token)->ended);
    EXPECT_EQ(ask_as(guest, play({"all"}), today - 9 * day).error().code, ErrorCode::denied);
    EXPECT_FALSE(dismissed()) << "once";
}

// The end was passed while the tick had not come yet, and the clock went back since.
TEST_F(Tokens, TheCalendarNeverGoesBack) {
    const auto guest = holder("guest", {Permission::view, Permission::play}, today + 2 * day);
    bench.take(CalendarTick{today + day});
    bench.take(CalendarTick{today});
    EXPECT_EQ(bench.state.cluster.latest_wall, today + day);
    EXPECT_EQ(create("late", {Permission::view}, today + day, today).error().code, ErrorCode::conflict);
    EXPECT_EQ(create("past", {Permission::view}, today, today).error().code, ErrorCode::invalid);
    EXPECT_EQ(ask_as(guest, StopRequest{{"s1"}}, today + 2 * day).error().code, ErrorCode::denied);
}

TEST_F(Tokens, TheCalendarIsDurableWithEachEndAndOnceAnHour) {
    const auto writes = [&](WallTime wall) {
        CoordinatorDraft draft(bench.state);
        CoordinatorMachine::step(draft, bench.now, CalendarTick{wall});
        std::size_t count = 0;
        draft.each_durable([&](const char*, const std::string&, const auto*) { ++count; });
        draft.apply_to(bench.state);
        return count;
    };
    const Duration hour = std::chrono::hours(1);
    EXPECT_EQ(writes(today), 0u);  // nothing to end: nothing to keep
    holder("guest", {Permission::view}, today + day);
    EXPECT_EQ(writes(today + std::chrono::seconds(1)), 0u);
    EXPECT_EQ(writes(today + hour), 1u);
    EXPECT_EQ(writes(today + hour), 0u);
    EXPECT_EQ(writes(today + day), 3u);  // the token, the calendar, the journal
    EXPECT_EQ(writes(today + 2 * day), 0u);
}

TEST_F(Tokens, AreBounded) {
    for (std::size_t i = 0; i < tokens_max; ++i) ASSERT_TRUE(create("t" + std::to_string(i), {Permission::view}));
    EXPECT_EQ(create("one-more", {Permission::view}).error().code, ErrorCode::exhausted);
    EXPECT_EQ(check_coordinator(bench.state), std::nullopt);
    ASSERT_TRUE(ask_as(admin, TokenRevokeRequest{"t7"}));
    EXPECT_TRUE(create("one-more", {Permission::view}));
}

}  // namespace
}  // namespace antiphon::core
