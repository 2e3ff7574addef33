// Laws of mailboxes, actors, timers and questions, on the simulated executor.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actors/actor.hpp"
#include "actors/ask.hpp"
#include "actors/simulated_executor.hpp"

namespace antiphon::actors {
namespace {

using core::LocalTime;
using std::chrono::milliseconds;

SimulatedExecutor first_come_first_served() {
    return SimulatedExecutor([](std::size_t) { return std::size_t{0}; });
}

struct Recorder : Actor<int> {
    explicit Recorder(std::vector<int>& s) : seen(s) {}
    void on_message(const int& message) override { seen.push_back(message); }
    std::vector<int>& seen;
};

Ref<int> record_into(Executor& executor, std::vector<int>& seen, MailboxPolicy policy = {}) {
    return spawn<int>(executor, policy, [&](const Ref<int>&) { return std::make_unique<Recorder>(seen); });
}

TEST(Actor, WorksThroughItsMessagesInOrder) {
    auto executor = first_come_first_served();
    std::vector<int> seen;
    const auto actor = record_into(executor, seen);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(actor.tell(i));
    executor.run_until({});
    ASSERT_EQ(seen.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(Mailbox, RefusesAndCountsWhatIsOverItsBound) {
    auto executor = first_come_first_served();
    std::vector<int> seen;
    const auto actor = record_into(executor, seen, {3, Overflow::refuse});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(actor.tell(i), i < 3);
    executor.run_until({});
    EXPECT_EQ(seen, (std::vector{0, 1, 2}));
    EXPECT_EQ(actor.overflowed(), 2u);
}

TEST(Mailbox, DropsTheOldestWhereOnlyTheNewestCounts) {
    auto executor = first_come_first_served();
    std::vector<int> seen;
    const auto actor = record_into(executor, seen, {3, Overflow::drop_oldest});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(actor.tell(i));
    executor.run_until({});
    EXPECT_EQ(seen, (std::vector{2, 3, 4}));
    EXPECT_EQ(actor.overflowed(), 2u);
}

TEST(Actor, StoppedGetsNothingMoreAndTheLettersAreCounted) {
    auto executor = first_come_first_served();
    std::vector<int> seen;
    const auto actor = record_into(executor, seen);
    const auto before = dead_letters();
    actor.tell(1);
    actor.stop();
    EXPECT_FALSE(actor.tell(2));
    executor.run_until({});
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(dead_letters(), before + 2);
}

TEST(Timer, FiresInOrderOfTimeAndNotWhenCancelled) {
    auto executor = first_come_first_served();
    std::vector<int> seen;
    const auto actor = record_into(executor, seen);
    actor.tell_at(LocalTime{} + milliseconds(30), 3);
    const auto cancelled = actor.tell_at(LocalTime{} + milliseconds(20), 2);
    actor.tell_at(LocalTime{} + milliseconds(10), 1);
    executor.cancel(cancelled);
    executor.run_until(LocalTime{} + milliseconds(29));
    EXPECT_EQ(seen, (std::vector{1}));
    executor.run_until(LocalTime{} + milliseconds(30));
    EXPECT_EQ(seen, (std::vector{1, 3}));
}

struct Asked {
    std::string end;
    int ends = 0;
    void operator()(const core::Result<int>& result) {
        ++ends;
        end = result ? std::to_string(*result) : result.error().what;
    }
};

TEST(Ask, EndsOnceWithTheFirstReply) {
    auto executor = first_come_first_served();
    Asked asked;
    std::optional<ReplyTo<int>> kept;
    ask<int>(executor, milliseconds(10), [&](ReplyTo<int> reply) { kept = reply; }, std::ref(asked));
    EXPECT_TRUE((*kept)(7));
    EXPECT_FALSE((*kept)(8));
    executor.run_until(LocalTime{} + milliseconds(100));
    EXPECT_EQ(asked.ends, 1);
    EXPECT_EQ(asked.end, "7");
}

TEST(Ask, EndsAtItsDeadlineAndALateReplyIsDropped) {
    auto executor = first_come_first_served();
    Asked asked;
    std::optional<ReplyTo<int>> kept;
    ask<int>(executor, milliseconds(10), [&](ReplyTo<int> reply) { kept = reply; }, std::ref(asked));
    executor.run_until(LocalTime{} + milliseconds(11));
    EXPECT_EQ(asked.end, "no answer within the deadline");
    EXPECT_FALSE((*kept)(7));
    EXPECT_EQ(asked.ends, 1);
}

}  // namespace
}  // namespace antiphon::actors
