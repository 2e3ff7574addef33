// Laws of upgrading: a backup first, then all or nothing, at whatever call the disk fails or the process dies.
#include "adapters/sqlite/migration.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <csignal>
#include <set>

#include "adapters/sqlite/fault_vfs.test.hpp"
#include "adapters/sqlite/fixture.test.hpp"
#include "adapters/sqlite/schema.hpp"

namespace antiphon::sqlite {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using testing::HasSubstr;
constexpr int rows = 40;

std::string old_value(int i) { return "old " + std::string(300, static_cast<char>('a' + i % 26)); }

core::Result<std::string> renew(std::string_view key, std::string_view value) {
    if (key == "key/refused") return core::Error{ErrorCode::invalid, "name is missing"};
    return "new" + std::string(value.substr(3)) + std::string(200, '+');
}

void run_sql(const fs::path& path, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

// A store of schema 1 with `rows` rows, each of its own revision.
void make_old(const fs::path& path) {
    auto store = must_open(path);
    for (int i = 0; i < rows; ++i) ASSERT_TRUE(put(*store, "key/" + std::to_string(i), old_value(i)));
    store.reset();
    run_sql(path, "UPDATE schema_version SET version = 1");
}

// The schema of the store at `path`, whose rows must all be of that schema, at their revisions.
std::int64_t whole_schema_of(const fs::path& path) {
    auto database = Database::open(path);
    const auto version = read_version(*database, path);
    EXPECT_TRUE(version) << version.error().what;
    EXPECT_EQ(*read_revision(*database, path), rows);
    EXPECT_EQ(*database->integer("SELECT count(*) FROM rows"), rows);
    const auto text = *version == 1 ? "SELECT count(*) FROM rows WHERE CAST(value AS TEXT) LIKE 'old %'"
                                    : "SELECT count(*) FROM rows WHERE CAST(value AS TEXT) LIKE 'new %+'";
    EXPECT_EQ(*database->integer(text), rows);
    return *version;
}

fs::path backup_of(const TempFolder& folder) { return folder.db().string() + ".schema-1.backup"; }

TEST(Migration, KeepsRevisionsAndLeavesABackup) {
    const TempFolder folder;
    make_old(folder.db());
    auto store = SqliteStore::open(folder.db(), renew);
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_EQ((*store)->migrated()->from, 1);
    EXPECT_EQ((*store)->migrated()->backup, backup_of(folder));
    EXPECT_EQ((*store)->revision(), rows);
    for (int i = 0; i < rows; ++i) {
        const auto row = (*store)->get("key/" + std::to_string(i));
        ASSERT_TRUE(row && *row);
        EXPECT_EQ((*row)->value, *renew("", old_value(i)));
        EXPECT_EQ((*row)->revision, static_cast<ports::Revision>(i) + 1);
    }
    EXPECT_TRUE((*store)->integrity_check());
    EXPECT_EQ(whole_schema_of(backup_of(folder)), 1);
    EXPECT_TRUE(put(**store, "key/0", "goes on"));
}

TEST(Migration, HappensOnce) {
    const TempFolder folder;
    make_old(folder.db());
    ASSERT_TRUE(SqliteStore::open(folder.db(), renew));
    auto again = SqliteStore::open(folder.db(), renew);
    ASSERT_TRUE(again);
    EXPECT_FALSE((*again)->migrated());
    EXPECT_EQ(whole_schema_of(folder.db()), 2);
}

TEST(Migration, OfARowThatCannotBeReadChangesNothingAndNamesIt) {
    const TempFolder folder;
    make_old(folder.db());
    const auto refusing = [](std::string_view key, std::string_view value) {
        return renew(key == "key/39" ? "key/refused" : key, value);
    };
    const auto store = SqliteStore::open(folder.db(), refusing);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().what, testing::AllOf(HasSubstr("from schema 1 to 2"), HasSubstr("nothing has changed"),
                                                   HasSubstr("key 'key/39'"), HasSubstr("name is missing")));
    EXPECT_EQ(whole_schema_of(folder.db()), 1);
}

TEST(Migration, OfADamagedRowIsRefused) {
    const TempFolder folder;
    make_old(folder.db());
    run_sql(folder.db(), "UPDATE rows SET value = CAST('old ?' AS BLOB) WHERE key = 'key/7'");
    const auto store = SqliteStore::open(folder.db(), renew);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::corrupt);
    EXPECT_THAT(store.error().what, HasSubstr("key 'key/7'"));
    EXPECT_EQ(whole_schema_of(folder.db()), 1);
}

TEST(Migration, KeepsAGoodBackupAndReplacesABadOne) {
    const TempFolder folder;
    make_old(folder.db());
    write_file(backup_of(folder), "torn");
    ASSERT_TRUE(SqliteStore::open(folder.db(), renew));
    EXPECT_EQ(whole_schema_of(backup_of(folder)), 1);
    const auto written = fs::last_write_time(backup_of(folder)) - std::chrono::hours(1);
    fs::last_write_time(backup_of(folder), written);

    fs::copy_file(backup_of(folder), folder.db(), fs::copy_options::overwrite_existing);  // a downgrade
    ASSERT_TRUE(SqliteStore::open(folder.db(), renew));
    EXPECT_EQ(fs::last_write_time(backup_of(folder)), written) << "it was good already";

    fs::copy_file(backup_of(folder), folder.db(), fs::copy_options::overwrite_existing);
    run_sql(folder.db(), "DELETE FROM counter");  // another history of the same schema
    run_sql(folder.db(), "DELETE FROM rows");
    auto other = SqliteStore::open(folder.db(), renew);
    ASSERT_TRUE(other) << other.error().what;
    EXPECT_EQ(fs::last_write_time(backup_of(folder)), written);
    EXPECT_EQ((*other)->migrated()->backup, folder.db().string() + ".schema-1.revision-0.backup");
    EXPECT_TRUE(fs::exists((*other)->migrated()->backup));
}

TEST(Migration, ToWhatANewerProgramWroteNamesTheBackupThatThisOneOpens) {
    const TempFolder folder;
    must_open(folder.db());
    const auto backup = folder.db().string() + ".schema-2.backup";
    fs::copy_file(folder.db(), backup);
    run_sql(folder.db(), "UPDATE schema_version SET version = 3");
    const auto store = SqliteStore::open(folder.db(), renew);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::conflict);
    EXPECT_THAT(store.error().what, HasSubstr("go back to what it was before the upgrade: " + backup));
    fs::copy_file(backup, folder.db(), fs::copy_options::overwrite_existing);
    EXPECT_TRUE(SqliteStore::open(folder.db(), renew));
}

TEST(Migration, OfASchemaBelowTheFirstIsDamage) {
    const TempFolder folder;
    make_old(folder.db());
    run_sql(folder.db(), "UPDATE schema_version SET version = 0");
    EXPECT_EQ(SqliteStore::open(folder.db(), renew).error().code, ErrorCode::corrupt);
}

void fail_every_call(Fault fault, ErrorCode expected) {
    int failures = 0;
    for (std::int64_t call = 1;; ++call) {
        SCOPED_TRACE("fault at call " + std::to_string(call));
        const TempFolder folder;
        make_old(folder.db());
        FaultyDisk::arm(fault, call);
        auto store = SqliteStore::open(folder.db(), renew);
        const bool struck = FaultyDisk::struck();
        FaultyDisk::disarm();
        if (!struck) break;
        ++failures;
        if (!store) {
            EXPECT_EQ(store.error().code, expected) << store.error().what;
            EXPECT_EQ(whole_schema_of(folder.db()), 1);
        }
        store = core::Error{};
        ASSERT_TRUE(SqliteStore::open(folder.db(), renew));
        EXPECT_EQ(whole_schema_of(folder.db()), 2);
        EXPECT_EQ(whole_schema_of(backup_of(folder)), 1);
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(failures, 20);
}

TEST(Migration, MeetsAnIoErrorAtAnyCall) { fail_every_call(Fault::io_error, ErrorCode::unavailable); }

TEST(Migration, MeetsAFullDiskAtAnyWrite) { fail_every_call(Fault::disk_full, ErrorCode::exhausted); }

// Opens in a child that dies at the `call`-th call; whether it died.
bool killed_at(const fs::path& path, Fault fault, std::int64_t call) {
    const auto child = ::fork();
    if (child == 0) {
        FaultyDisk::arm(fault, call);
        ::_exit(SqliteStore::open(path, renew) ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void kill_at_every_call(Fault fault) {
    std::set<std::int64_t> found;
    int kills = 0;
    for (std::int64_t call = 1;; ++call) {
        SCOPED_TRACE("killed at call " + std::to_string(call));
        const TempFolder folder;
        make_old(folder.db());
        if (!killed_at(folder.db(), fault, call)) break;
        ++kills;
        found.insert(whole_schema_of(folder.db()));
        if (fs::exists(backup_of(folder))) {
            EXPECT_EQ(whole_schema_of(backup_of(folder)), 1);
        }
        ASSERT_TRUE(SqliteStore::open(folder.db(), renew));
        EXPECT_EQ(whole_schema_of(folder.db()), 2);
        EXPECT_EQ(whole_schema_of(backup_of(folder)), 1);
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(kills, 20);
    EXPECT_EQ(found.count(1), 1) << "none died before the commit";
}

TEST(Migration, KilledAtAnyCallIsTheOldSchemaOrTheNew) { kill_at_every_call(Fault::kill); }

TEST(Migration, KilledInTheMiddleOfAnyWriteIsTheOldSchemaOrTheNew) { kill_at_every_call(Fault::kill_torn); }

}  // namespace
}  // namespace antiphon::sqlite
