// Laws of the store: durable, all or nothing, compare-and-swap, order, watches, limits.
#include "adapters/sqlite/sqlite_store.hpp"

#include <gmock/gmock.h>

#include "adapters/sqlite/fixture.test.hpp"

namespace antiphon::sqlite {
namespace {

using core::ErrorCode;
using ports::StoredRow;
using ports::StoreWrite;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keys(SqliteStore& store, std::string_view prefix) {
    std::vector<std::string> found;
    const auto rows = store.list(prefix);
    EXPECT_TRUE(rows);
    for (const auto& row : *rows) found.push_back(row.key);
    return found;
}

TEST(SqliteStore, WhatIsCommittedSurvivesAReopen) {
    const TempFolder folder;
    {
        auto store = must_open(folder.db());
        EXPECT_EQ(*put(*store, "a/1", "one"), 1);
        EXPECT_EQ(*put(*store, "a/2", std::string("\0two", 4)), 2);
        EXPECT_EQ(*erase(*store, "a/1"), 3);
    }
    auto store = must_open(folder.db());
    EXPECT_EQ(store->revision(), 3);
    EXPECT_EQ(value_of(*store, "a/1"), "<none>");
    EXPECT_EQ(**store->get("a/2"), (StoredRow{"a/2", std::string("\0two", 4), 2}));
    EXPECT_EQ(*put(*store, "a/3", ""), 4);
    EXPECT_EQ(value_of(*store, "a/3"), "");
    EXPECT_TRUE(store->integrity_check());
}

TEST(SqliteStore, AFailedExpectationLeavesTheWholeTransactionUndone) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    ASSERT_TRUE(put(*store, "a", "1"));
    const std::vector<StoreWrite> writes{{"b", "2", {}}, {"a", "3", 7}, {"c", "4", 0}};
    const auto refused = store->commit(writes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(refused.error().what, "key 'a' is at revision 1, expected was revision 7; read it again");
    EXPECT_THAT(keys(*store, ""), ElementsAre("a"));
    EXPECT_EQ(store->revision(), 1);
}

TEST(SqliteStore, ExpectationsAreOfTheStateBeforeTheTransaction) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    EXPECT_EQ(*put(*store, "a", "1", 0), 1);
    EXPECT_EQ(put(*store, "a", "1", 0).error().what,
              "key 'a' is at revision 1, expected was that it does not exist; read it again");
    EXPECT_EQ(put(*store, "x", "1", 3).error().what, "key 'x' does not exist, expected was revision 3; read it again");
    EXPECT_EQ(*put(*store, "a", "2", 1), 2);
    EXPECT_EQ(erase(*store, "a", 1).error().code, ErrorCode::conflict);
    EXPECT_EQ(*erase(*store, "a", 2), 3);
    EXPECT_EQ(*put(*store, "a", "3", 0), 4);
}

TEST(SqliteStore, OfTwoWritersWithTheSameRevisionOneWins) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    const auto seen = *put(*store, "a", "0");
    EXPECT_TRUE(put(*store, "a", "first", seen));
    EXPECT_EQ(put(*store, "a", "second", seen).error().code, ErrorCode::conflict);
    EXPECT_EQ(value_of(*store, "a"), "first");
}

TEST(SqliteStore, AllRowsOfATransactionHaveItsRevision) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    ASSERT_TRUE(put(*store, "old", ""));
    const std::vector<StoreWrite> writes{{"a", "1", {}}, {"b", "2", 0}};
    EXPECT_EQ(*store->commit(writes), 2);
    EXPECT_EQ((*store->get("a"))->revision, 2);
    EXPECT_EQ((*store->get("b"))->revision, 2);
    EXPECT_EQ((*store->get("old"))->revision, 1);
    EXPECT_EQ(*store->commit({}), 2);
}

TEST(SqliteStore, ListsAPrefixInTheOrderOfBytes) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    const std::string nul("k/\0", 3);
    for (const auto& key :
         {std::string("k/b"), std::string("k/\xff"), std::string("k/\xff\xff"), std::string("k0"), nul + "z", nul,
          std::string("k/"), std::string("k"), std::string("k/B"), std::string("j/z")})
        ASSERT_TRUE(put(*store, key, "v" + key));
    EXPECT_THAT(keys(*store, "k/"), ElementsAre("k/", nul, nul + "z", "k/B", "k/b", "k/\xff", "k/\xff\xff"));
    EXPECT_THAT(keys(*store, "k/\xff"), ElementsAre("k/\xff", "k/\xff\xff"));
    EXPECT_THAT(keys(*store, nul), ElementsAre(nul, nul + "z"));
    EXPECT_THAT(keys(*store, "\xff"), ElementsAre());
    EXPECT_THAT(keys(*store, "%"), ElementsAre());
    EXPECT_EQ(keys(*store, "").size(), 10);
    EXPECT_EQ(value_of(*store, nul), "v" + nul);
    EXPECT_TRUE(store->integrity_check());
}

TEST(SqliteStore, WatchersSeeTheCommittedWritesOfTheirPrefixInOrder) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    std::vector<std::string> seen;
    const auto note = [&](const StoreWrite& write, ports::Revision revision) {
        seen.push_back(write.key + "=" + write.value.value_or("<deleted>") + "@" + std::to_string(revision));
        EXPECT_EQ(value_of(*store, write.key), write.value.value_or("<none>"));  // it is committed
    };
    const auto id = store->watch("a/", note);
    const std::vector<StoreWrite> writes{{"a/2", "x", {}}, {"b/1", "y", {}}, {"a/1", "z", {}}};
    ASSERT_TRUE(store->commit(writes));
    ASSERT_FALSE(put(*store, "a/1", "no", 9));
    ASSERT_TRUE(erase(*store, "a/1"));
    EXPECT_THAT(seen, ElementsAre("a/2=x@1", "a/1=z@1", "a/1=<deleted>@2"));
    store->unwatch(id);
    ASSERT_TRUE(put(*store, "a/1", "unseen"));
    EXPECT_EQ(seen.size(), 3);
}

TEST(SqliteStore, AWatcherMayUnwatchAndWatchWhileItIsCalled) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    int calls = 0;
    int later_calls = 0;
    SqliteStore::WatchId id = 0;
    id = store->watch("", [&](const StoreWrite&, ports::Revision) {
        ++calls;
        store->unwatch(id);
        store->watch("", [&](const StoreWrite&, ports::Revision) { ++later_calls; });
    });
    ASSERT_TRUE(put(*store, "a", ""));
    ASSERT_TRUE(put(*store, "a", ""));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(later_calls, 1);
}

TEST(SqliteStore, RefusesWhatIsOverItsLimits) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    const auto why = [](const core::Result<ports::Revision>& result) {
        EXPECT_EQ(result.error().code, ErrorCode::invalid);
        return result.error().what;
    };
    EXPECT_THAT(why(put(*store, std::string(key_max_bytes + 1, 'k'), "")), HasSubstr("is longer than 1024 bytes"));
    EXPECT_THAT(why(put(*store, "k", std::string(value_max_bytes + 1, 'v'))), HasSubstr("over the limit of 1048576"));
    const std::vector<StoreWrite> twice{{"k", "1", {}}, {"j", "1", {}}, {"k", {}, {}}};
    EXPECT_EQ(why(store->commit(twice)), "key 'k' is written twice in one transaction; write it once");
    const std::vector<StoreWrite> many(transaction_max_writes + 1, StoreWrite{"k", "1", {}});
    EXPECT_THAT(why(store->commit(many)), HasSubstr("a transaction of 8193 writes"));
    EXPECT_EQ(store->revision(), 0);
    EXPECT_TRUE(put(*store, std::string(key_max_bytes, 'k'), std::string(value_max_bytes, 'v')));
}

}  // namespace
}  // namespace antiphon::sqlite
