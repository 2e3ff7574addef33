// Laws of tables and drafts.
#include "core/table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace antiphon::core {
namespace {

using Names = Table<int, std::string>;
using NamesDraft = TableDraft<int, std::string>;

Names three_names() {
    Names names;
    for (const auto& [id, name] : {std::pair{1, "one"}, {3, "three"}, {5, "five"}})
        names.put(id, std::make_shared<const std::string>(name));
    return names;
}

std::vector<std::string> all_of(const NamesDraft& draft) {
    std::vector<std::string> seen;
    draft.each([&](const std::string& name) { seen.push_back(name); });
    return seen;
}

TEST(TableDraft, LeavesTheTableAsItWasUntilApplied) {
    auto names = three_names();
    NamesDraft draft(names);
    draft.put(3, "drei");
    draft.erase(1);
    EXPECT_EQ(*names.find(3), "three");
    EXPECT_EQ(*draft.find(3), "drei");
    EXPECT_EQ(*draft.before(3), "three");
    EXPECT_EQ(draft.find(1), nullptr);
    draft.apply_to(names);
    EXPECT_EQ(*names.find(3), "drei");
    EXPECT_EQ(names.find(1), nullptr);
}

TEST(TableDraft, IteratesInOrderWithItsChanges) {
    const auto names = three_names();
    NamesDraft draft(names);
    draft.put(0, "zero");
    draft.put(4, "four");
    draft.put(9, "nine");
    draft.erase(3);
    draft.put(5, "fünf");
    EXPECT_EQ(all_of(draft), (std::vector<std::string>{"zero", "one", "four", "fünf", "nine"}));
}

TEST(TableDraft, TakesARowByTheIdInsideIt) {
    Table<std::string, std::string> names;
    TableDraft<std::string, std::string> draft(names);
    std::string row = "a name too long to be stored in place";
    draft.put(row, std::move(row));
    EXPECT_NE(draft.find("a name too long to be stored in place"), nullptr);
}

TEST(TableDraft, UpdatesACopy) {
    const auto names = three_names();
    NamesDraft draft(names);
    draft.update(1, [](std::string& name) { name += "!"; });
    EXPECT_EQ(*draft.find(1), "one!");
    EXPECT_EQ(*names.find(1), "one");
}

}  // namespace
}  // namespace antiphon::core
