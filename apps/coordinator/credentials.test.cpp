// Laws of the door: who gets in, and from when on not any more.
#include "apps/coordinator/credentials.hpp"

#include <gtest/gtest.h>

namespace antiphon::coordinator {
namespace {

using core::Permission;
using core::WallTime;

constexpr WallTime today{1'790'000'000'000'000'000};
constexpr core::Duration hour = std::chrono::hours(1);

struct Door : ::testing::Test {
    Door() {
        core::WorkerRow worker;
        worker.id = {"w1"};
        worker.credential_digest = digest_of("of the board");
        state.workers.put(worker.id, std::make_shared<core::WorkerRow>(worker));
        put({{"t2"}, "desk", digest_of("of the desk"), {Permission::view, Permission::play}, today, {}, false});
        put({{"t3"}, "guest", digest_of("of the guest"), {Permission::view}, today, today + hour, false});
    }
    void put(const core::TokenRow& row) {
        state.tokens.put(row.id, std::make_shared<core::TokenRow>(row));
        credentials.take(state);
    }

    core::CoordinatorState state;
    std::vector<WallTime> found_over;
    Credentials credentials{"of the folder", [this](WallTime calendar) { found_over.push_back(calendar); }};
};

TEST_F(Door, KnowsWhoShowsWhat) {
    EXPECT_EQ(credentials.identify("of the folder", today)->permissions, core::PermissionSet::everything());
    const auto board = credentials.identify("of the board", today);
    EXPECT_EQ(board->name, "w1");
    EXPECT_TRUE(board->permissions.has(Permission::worker));
    const auto desk = credentials.identify("of the desk", today);
    EXPECT_EQ(desk->name, "desk");
    EXPECT_EQ(desk->token.value, "t2");
    EXPECT_EQ(desk->permissions, (core::PermissionSet{Permission::view, Permission::play}));
    for (const auto* wrong : {"", "of the", "of the folder ", "of the desk2", "t2", "desk"})
        EXPECT_FALSE(credentials.identify(wrong, today)) << wrong;
    EXPECT_FALSE(credentials.identify(digest_of("of the desk"), today)) << "who reads the database gets in";
}

TEST_F(Door, IsShutAtTheEndEvenBeforeTheCoreHasSeenIt) {
    EXPECT_TRUE(credentials.identify("of the guest", today + hour - core::Duration(1)));
    EXPECT_FALSE(credentials.identify("of the guest", today + hour));
}

TEST_F(Door, IsNotOpenedByAClockThatIsSetBack) {
    const auto guest = *credentials.identify("of the guest", today);
    EXPECT_FALSE(credentials.identify("of the guest", today + hour));
    EXPECT_FALSE(credentials.identify("of the guest", today));
    EXPECT_FALSE(credentials.still_admits(guest, today));
}

TEST_F(Door, TellsTheCoreOfAnEndThatItHasNotMarked) {
    const auto guest = *credentials.identify("of the guest", today);
    EXPECT_TRUE(found_over.empty());
    EXPECT_FALSE(credentials.still_admits(guest, today + hour));
    EXPECT_EQ(found_over, std::vector{today + hour});
    put({{"t3"}, "guest", digest_of("of the guest"), {Permission::view}, today, today + hour, true});
    EXPECT_FALSE(credentials.identify("of the guest", today + hour));
    EXPECT_EQ(found_over.size(), 1u) << "once is enough";
}

TEST_F(Door, RemembersTheCalendarOfTheLifeBefore) {
    state.cluster.latest_wall = today + hour;
    credentials.take(state);
    EXPECT_FALSE(credentials.identify("of the guest", today - 100 * hour));
}

TEST_F(Door, IsShutForWhatWasRevoked) {
    const auto desk = *credentials.identify("of the desk", today);
    EXPECT_TRUE(credentials.still_admits(desk, today));
    state.tokens.erase({"t2"});
    credentials.take(state);
    EXPECT_FALSE(credentials.identify("of the desk", today));
    EXPECT_FALSE(credentials.still_admits(desk, today));
    EXPECT_TRUE(credentials.still_admits(*credentials.identify("of the folder", today), today));
}

TEST_F(Door, TellsTheLastUse) {
    EXPECT_FALSE(credentials.last_used({"t2"}));
    credentials.identify("of the desk", today + hour);
    EXPECT_EQ(credentials.last_used({"t2"}), today + hour);
    credentials.identify("of the guest", today + 2 * hour);
    EXPECT_FALSE(credentials.last_used({"t3"})) << "a refusal is no use";
}

}  // namespace
}  // namespace antiphon::coordinator
