// Laws of copies: what has the name is whole and of one moment, whoever writes meanwhile.
#include "adapters/sqlite/copy.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "adapters/sqlite/fault_vfs.test.hpp"
#include "adapters/sqlite/fixture.test.hpp"

namespace antiphon::sqlite {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

fs::path target_in(const TempFolder& folder) {
    fs::create_directories(folder.path() / "copy");
    return folder.path() / "copy" / "antiphon.db";
}

TEST(Copy, IsWhatWasCommittedWhenItBegan) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    ASSERT_TRUE(put(*store, "a", "1"));
    const auto target = target_in(folder);
    ASSERT_TRUE(copy_while_in_use(folder.db(), target));
    ASSERT_TRUE(put(*store, "a", "2"));
    auto copy = must_open(target);
    EXPECT_EQ(value_of(*copy, "a"), "1");
    EXPECT_EQ(copy->revision(), 1);
    EXPECT_TRUE(copy->integrity_check());
}

TEST(Copy, IsOneFileForItsOwnerOnly) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    ASSERT_TRUE(put(*store, "a", "1"));
    const auto target = target_in(folder);
    write_file(target, "an older copy");
    write_file(target.string() + ".part", "of a copy that was killed");
    ASSERT_TRUE(copy_while_in_use(folder.db(), target));
    EXPECT_EQ(files_in(target.parent_path()), 1);
    struct stat status{};
    ASSERT_EQ(::stat(target.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600);
    EXPECT_EQ(read_file(target).substr(18, 2), "\1\1");  // no write-ahead log belongs to it
}

TEST(Copy, IsOfOneMomentWhileAnotherThreadGoesOnCommitting) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(put(*store, "bulk/" + std::to_string(i), std::string(8000, 'x')));
    std::atomic<bool> done = false;
    std::atomic<int> commits = 0;
    std::thread writer([&] {
        for (int n = 1; !done; ++n) {
            std::vector<ports::StoreWrite> pair;
            for (const auto* key : {"a", "z"}) pair.push_back({key, std::to_string(n), std::nullopt});
            if (store->commit(pair)) commits = n;
        }
    });
    const auto target = target_in(folder);
    int steps = 0;
    const auto copied = copy_while_in_use(folder.db(), target, [&](std::uint64_t, std::uint64_t) {
        ++steps;
        const int before = commits;
        for (int i = 0; i < 1000 && commits < before + 1; ++i) std::this_thread::yield();
        return true;
    });
    done = true;
    writer.join();
    ASSERT_TRUE(copied) << copied.error().what;
    EXPECT_GT(steps, 5);
    EXPECT_GT(commits, 5);  // else nobody wrote meanwhile
    auto copy = must_open(target);
    EXPECT_EQ(value_of(*copy, "a"), value_of(*copy, "z"));
    EXPECT_EQ(copy->list("bulk/")->size(), 400);
    EXPECT_TRUE(copy->integrity_check());
}

TEST(Copy, ThatIsGivenUpLeavesNoneAndTheOlderOne) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    ASSERT_TRUE(put(*store, "a", std::string(900'000, 'x')));
    const auto target = target_in(folder);
    write_file(target, "an older copy");
    int steps = 0;
    const auto copied = copy_while_in_use(folder.db(), target, [&](auto...) { return ++steps < 2; });
    ASSERT_FALSE(copied);
    EXPECT_EQ(steps, 2);
    EXPECT_THAT(copied.error().what, testing::HasSubstr("given up"));
    EXPECT_EQ(read_file(target), "an older copy");
    EXPECT_EQ(files_in(target.parent_path()), 1);
}

TEST(Copy, ThatFailsAtAnyCallLeavesNoneAndTheOlderOne) {
    const TempFolder folder;
    must_open(folder.db());
    const auto target = target_in(folder);
    int failures = 0;
    for (std::int64_t call = 1;; ++call) {
        SCOPED_TRACE("disk full at write " + std::to_string(call));
        write_file(target, "an older copy");
        auto source = Database::open(folder.db());
        ASSERT_TRUE(source);
        FaultyDisk::arm(Fault::disk_full, call);
        const auto copied = copy_database(*source, target);
        const bool struck = FaultyDisk::struck();
        FaultyDisk::disarm();
        if (!struck) {
            EXPECT_TRUE(copied);
            break;
        }
        ++failures;
        ASSERT_FALSE(copied);
        EXPECT_EQ(copied.error().code, core::ErrorCode::exhausted) << copied.error().what;
        EXPECT_EQ(read_file(target), "an older copy");
        EXPECT_EQ(files_in(target.parent_path()), 1);
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(failures, 3);
}

}  // namespace
}  // namespace antiphon::sqlite
