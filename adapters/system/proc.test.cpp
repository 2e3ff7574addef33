// Laws of randomness, boot id and process resources.
#include "adapters/system/proc.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <set>
#include <thread>

#include "adapters/system/random.hpp"

namespace antiphon::system {
namespace {

TEST(Random, HexHasTwiceTheDigitsAndNeverRepeats) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto text = random_hex(16);
        ASSERT_EQ(text.size(), 32U);
        ASSERT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
        ASSERT_TRUE(seen.insert(text).second);
    }
    EXPECT_EQ(random_hex(0), "");
    EXPECT_NE(random_u64(), random_u64());
}

TEST(BootId, IsTheSameAllThroughABoot) {
    const auto id = boot_id();
    ASSERT_TRUE(id);
    EXPECT_EQ(id->size(), 36U);
    EXPECT_EQ(*id, *boot_id());
}

TEST(ProcessResources, KnowOurselves) {
    const auto ours = process_resources(0);
    ASSERT_TRUE(ours);
    EXPECT_GT(ours->rss_bytes, 100'000U);
    EXPECT_GE(ours->cpu, core::Duration::zero());
    EXPECT_TRUE(process_resources(::getpid()));
}

TEST(ProcessResources, CountEachOpenFile) {
    const auto before = process_resources(0);
    const int more = ::dup(STDERR_FILENO);
    const auto after = process_resources(0);
    ::close(more);
    ASSERT_TRUE(before && after);
    EXPECT_GE(before->open_files, 3U);
    EXPECT_EQ(after->open_files, before->open_files + 1);
}

TEST(ProcessResources, SayThatAProcessDoesNotRun) {
    const auto none = process_resources(INT_MAX);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, core::ErrorCode::not_found);
}

TEST(ProcessResources, ParseWhatTheKernelWrites) {
    EXPECT_EQ(*parse_rss_pages("1234 56 7 8 0 9 0\n"), 56U);
    EXPECT_EQ(*parse_cpu_ticks("42 (a) b (c) S 1 42 42 0 -1 4194560 111 0 0 0 30 12 0 0 20 0 1 0 5 6 7"), 42U);
    for (const auto* text : {"", ")", "1 (x", "1 (x)", "1 (x) S 1 2 3", "1 (x) S 1 42 42 0 -1 4 1 0 0 0 a b 0"})
        EXPECT_FALSE(parse_cpu_ticks(text)) << text;
    EXPECT_FALSE(parse_rss_pages("12"));
}

TEST(Wakeups, AreCountedByTheSecondFromTheSecondLookOn) {
    Wakeups wakeups;
    EXPECT_EQ(wakeups.per_second({1'000'000'000}), std::nullopt);
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    std::thread other([&] {
        char byte = 0;
        for (int i = 0; i < 20; ++i) ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1);
    });
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(::write(pipe_ends[1], "x", 1), 1);
        std::this_thread::yield();
    }
    other.join();
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    const auto told = wakeups.per_second({3'000'000'000});
    ASSERT_TRUE(told);
    EXPECT_GT(*told, 0);
    EXPECT_EQ(wakeups.per_second({3'000'000'000}), std::nullopt) << "no time has passed";
}

}  // namespace
}  // namespace antiphon::system
