// Faults of the disk and of the process, each at every call: what is acknowledged stays, the rest is absent or whole.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <random>

#include "adapters/sqlite/fault_vfs.test.hpp"
#include "adapters/sqlite/fixture.test.hpp"

namespace antiphon::sqlite {
namespace {

using core::ErrorCode;
constexpr int transactions = 5;

// Transaction n writes n to three keys that belong together, and compares with what it wrote before.
core::Result<ports::Revision> commit_triple(SqliteStore& store, std::uint64_t n) {
    std::vector<ports::StoreWrite> writes;
    const auto value = std::to_string(n) + std::string(600, 'x');
    for (const auto* key : {"a", "b", "c"}) writes.push_back({key, value, n - 1});
    return store.commit(writes);
}

// The n of the last transaction in the store; all three keys must agree.
std::uint64_t last_triple(SqliteStore& store) {
    const auto rows = store.list("");
    if (!rows) {
        ADD_FAILURE() << rows.error().what;
        return 0;
    }
    if (rows->empty()) return 0;
    EXPECT_EQ(rows->size(), 3);
    for (const auto& row : *rows) EXPECT_EQ(row.value, (*rows)[0].value);
    const auto n = std::stoull((*rows)[0].value);
    EXPECT_EQ(store.revision(), n);
    return n;
}

// Opens the store and commits; returns the number of acknowledged transactions. `acknowledged` learns of each.
std::uint64_t work(const std::filesystem::path& path, const std::function<void(std::uint64_t)>& acknowledged) {
    auto store = SqliteStore::open(path);
    if (!store) return 0;
    for (std::uint64_t n = 1; n <= transactions; ++n) {
        if (!commit_triple(**store, n)) return n - 1;
        acknowledged(n);
    }
    return transactions;
}

// Runs work() in a child that dies at the `call`-th call; the number of transactions it acknowledged.
std::uint64_t work_until_killed(const std::filesystem::path& path, Fault fault, std::int64_t call, bool& killed) {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
        FaultyDisk::arm(fault, call);
        work(path, [&](std::uint64_t) {
            if (::write(pipe[1], "+", 1) != 1) ::_exit(1);
        });
        ::_exit(0);
    }
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0;
    for (char byte; ::read(pipe[0], &byte, 1) == 1;) ++acknowledged;
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    return acknowledged;
}

void kill_at_every_call(Fault fault) {
    std::int64_t call = 0;
    for (bool killed = true; killed;) {
        const TempFolder folder;
        SCOPED_TRACE("killed at call " + std::to_string(++call));
        const auto acknowledged = work_until_killed(folder.db(), fault, call, killed);
        auto store = must_open(folder.db());
        const auto found = last_triple(*store);
        EXPECT_GE(found, acknowledged);
        EXPECT_LE(found, acknowledged + 1);
        EXPECT_TRUE(store->integrity_check());
        EXPECT_TRUE(commit_triple(*store, found + 1));
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(call, 20);  // else this exercised nothing
    testing::Test::RecordProperty("calls", static_cast<int>(call));
}

TEST(Kill, AtEveryCallLeavesAllOrNothing) { kill_at_every_call(Fault::kill); }

TEST(Kill, InTheMiddleOfEveryWriteLeavesAllOrNothing) { kill_at_every_call(Fault::kill_torn); }

// One fault at call `call` of opening and committing. False when it did not strike: there are no more calls.
bool fault_at(Fault fault, std::int64_t call, ErrorCode expected) {
    const TempFolder folder;
    FaultyDisk::arm(fault, call);
    auto opened = SqliteStore::open(folder.db());
    std::uint64_t acknowledged = 0;
    if (opened) {
        auto& store = **opened;
        for (std::uint64_t n = 1; n <= transactions; ++n) {
            const auto committed = commit_triple(store, n);
            if (committed) {
                acknowledged = n;
                continue;
            }
            EXPECT_EQ(committed.error().code, expected) << committed.error().what;
            break;
        }
        const bool struck = FaultyDisk::struck();
        FaultyDisk::disarm();
        EXPECT_EQ(last_triple(store), acknowledged);  // nothing of the refused one is readable
        EXPECT_TRUE(commit_triple(store, acknowledged + 1));
        EXPECT_TRUE(store.integrity_check());
        opened = core::Error{};
        auto store_again = must_open(folder.db());
        EXPECT_EQ(last_triple(*store_again), acknowledged + 1);
        return struck;
    }
    EXPECT_EQ(opened.error().code, expected) << opened.error().what;
    FaultyDisk::disarm();
    must_open(folder.db());
    return true;
}

void fail_every_call(Fault fault, ErrorCode expected) {
    std::int64_t call = 0;
    for (bool struck = true; struck;) {
        SCOPED_TRACE("fault at call " + std::to_string(++call));
        struck = fault_at(fault, call, expected);
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(call, 20);
}

TEST(Disk, AnIoErrorAtAnyCallIsReportedAndUndone) { fail_every_call(Fault::io_error, ErrorCode::unavailable); }

TEST(Disk, FullAtAnyWriteIsReportedAndUndone) { fail_every_call(Fault::disk_full, ErrorCode::exhausted); }

TEST(Damage, ABitFlipInAValueIsFoundOnReading) {
    const TempFolder folder;
    {
        auto store = must_open(folder.db());
        ASSERT_TRUE(put(*store, "good", "untouched"));
        ASSERT_TRUE(put(*store, "kind/bad", "an important value"));
    }
    auto bytes = read_file(folder.db());
    const auto at = bytes.find("important");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = static_cast<char>(bytes[at] ^ 0x04);
    write_file(folder.db(), bytes);

    auto store = must_open(folder.db());
    EXPECT_EQ(store->get("kind/bad").error().code, ErrorCode::corrupt);
    EXPECT_THAT(store->list("kind/").error().what,
                testing::AllOf(testing::HasSubstr(folder.db().string()), testing::HasSubstr("key 'kind/bad'")));
    EXPECT_EQ(put(*store, "kind/bad", "x", 2).error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->integrity_check().error().code, ErrorCode::corrupt);
    EXPECT_EQ(value_of(*store, "good"), "untouched");
    EXPECT_TRUE(put(*store, "kind/bad", "written anew"));  // the way out that the message names
    EXPECT_EQ(value_of(*store, "kind/bad"), "written anew");
    EXPECT_TRUE(store->integrity_check());
}

TEST(Damage, AFlipOfAnyBitIsFoundOrHarmless) {
    const TempFolder folder;
    std::map<std::string, std::string> written;
    {
        auto store = must_open(folder.db());
        for (int i = 0; i < 40; ++i) {
            const auto key = "key/" + std::to_string(i * 7919);
            written[key] = std::string(static_cast<std::size_t>(i) * 13, static_cast<char>('a' + i % 26));
            ASSERT_TRUE(put(*store, key, written[key]));
        }
    }
    const auto sound = read_file(folder.db());
    int found = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        auto bytes = sound;
        auto& byte = bytes[random() % bytes.size()];
        byte = static_cast<char>(byte ^ (1 << random() % 8));
        write_file(folder.db(), bytes);
        auto store = SqliteStore::open(folder.db());
        const auto rows = store ? (*store)->list("") : core::Result<std::vector<ports::StoredRow>>(store.error());
        if (!rows) {
            ++found;
            continue;
        }
        ASSERT_EQ(rows->size(), written.size());
        for (const auto& row : *rows) ASSERT_EQ(row.value, written[row.key]);
    }
    EXPECT_GT(found, 100);  // the rest hit unused space
}

}  // namespace
}  // namespace antiphon::sqlite
