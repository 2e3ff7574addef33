// Laws of opening: a folder that is not there is made; one that cannot serve is refused with its name and a way out.
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "adapters/sqlite/fixture.test.hpp"

namespace antiphon::sqlite {
namespace {

using core::ErrorCode;
using testing::AllOf;
using testing::HasSubstr;

core::Error refusal(const std::filesystem::path& path) {
    auto store = SqliteStore::open(path);
    if (store) return {ErrorCode::internal, "opened"};
    return store.error();
}

void run_sql(const std::filesystem::path& path, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
}

TEST(Opening, MakesAMissingFolderForItsOwnerOnly) {
    const TempFolder folder;
    const auto path = folder.path() / "deep" / "er" / "antiphon.db";
    auto store = must_open(path);
    ASSERT_TRUE(put(*store, "a", "1"));
    EXPECT_EQ(mode_of(path.parent_path()), 0700);
    EXPECT_EQ(mode_of(path), 0600);
    EXPECT_EQ(mode_of(path.string() + "-wal"), 0600);
}

TEST(Opening, IsRefusedWhileAnotherProcessHoldsTheFolder) {
    const TempFolder folder;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const auto child = ::fork();
    if (child == 0) {
        auto store = SqliteStore::open(folder.db());
        const char byte = store ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) == 1) ::pause();
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_EQ(error.what, "data folder " + folder.db().parent_path().string() + " is in use by process " +
                              std::to_string(child) + "; stop it or use another --data");
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    must_open(folder.db());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST(Opening, IsRefusedToASecondStoreOfTheSameProcess) {
    const TempFolder folder;
    auto store = must_open(folder.db());
    EXPECT_EQ(refusal(folder.db()).code, ErrorCode::conflict);
    store.reset();
    must_open(folder.db());
}

TEST(Opening, RefusesANewerSchemaAndLeavesItAsItIs) {
    const TempFolder folder;
    must_open(folder.db());
    run_sql(folder.db(), "UPDATE schema_version SET version = 7");
    const auto before = read_file(folder.db());
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_EQ(error.what, folder.db().string() +
                              ": data folder is of schema 7, this program knows up to 2; use a newer "
                              "antiphon or another --data");
    EXPECT_EQ(read_file(folder.db()), before);
}

TEST(Opening, RefusesWhatIsNoDatabaseOfOurs) {
    const TempFolder folder;
    write_file(folder.db(), std::string(5000, 'x'));
    EXPECT_EQ(refusal(folder.db()).code, ErrorCode::corrupt);
    EXPECT_THAT(refusal(folder.db()).what, AllOf(HasSubstr(folder.db().string()), HasSubstr("is not a database")));
    EXPECT_EQ(read_file(folder.db()), std::string(5000, 'x'));

    std::filesystem::remove(folder.db());
    run_sql(folder.db(), "CREATE TABLE somebody(elses)");
    EXPECT_EQ(refusal(folder.db()).code, ErrorCode::corrupt);
    EXPECT_THAT(refusal(folder.db()).what, HasSubstr("is a database of another program"));
}

TEST(Opening, RefusesATruncatedDatabase) {
    const TempFolder folder;
    {
        auto store = must_open(folder.db());
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(*store, "key" + std::to_string(i), std::string(3000, 'v')));
    }
    std::filesystem::resize_file(folder.db(), 20000);
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::corrupt) << error.what;
    EXPECT_THAT(error.what, HasSubstr("restore a backup or start anew"));
}

TEST(Opening, RefusesAFileWhereTheFolderShouldBe) {
    const TempFolder folder;
    write_file(folder.path() / "data", "a file");
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::invalid);
    EXPECT_THAT(error.what, HasSubstr("a file is where a folder should be"));
    EXPECT_EQ(refusal(folder.path() / "data" / "deeper" / "antiphon.db").code, ErrorCode::invalid);
}

// A small file system of its own, while this lives; needs root.
class Mount {
  public:
    Mount(const std::filesystem::path& at, const char* options) : at_(at) {
        std::filesystem::create_directories(at);
        mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, options) == 0;
        if (!mounted_) reason_ = std::string("no tmpfs can be mounted: ") + std::strerror(errno);
    }
    ~Mount() {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
    }
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;

    bool read_only() { return ::mount("tmpfs", at_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0; }
    const std::string& reason() const { return reason_; }  // empty: mounted

  private:
    std::filesystem::path at_;
    bool mounted_ = false;
    std::string reason_;
};

TEST(Opening, IsDeniedOnAReadOnlyFileSystem) {
    const TempFolder folder;
    Mount mount(folder.path() / "data", "size=1m");
    if (!mount.reason().empty()) GTEST_SKIP() << mount.reason();
    must_open(folder.db());
    ASSERT_TRUE(mount.read_only());
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_THAT(error.what, AllOf(HasSubstr(folder.db().parent_path().string()), HasSubstr("use another --data")));
}

TEST(Opening, OnAFullDiskIsRefusedAsExhausted) {
    const TempFolder folder;
    Mount mount(folder.path() / "data", "size=64k");
    if (!mount.reason().empty()) GTEST_SKIP() << mount.reason();
    write_file(folder.path() / "data" / "ballast", std::string(65536, 'x'));
    const auto error = refusal(folder.db());
    EXPECT_EQ(error.code, ErrorCode::exhausted) << error.what;
    std::filesystem::resize_file(folder.path() / "data" / "ballast", 0);
}

TEST(FullDisk, LosesNothingAndGoesOnOnceThereIsSpace) {
    const TempFolder folder;
    Mount mount(folder.path() / "data", "size=600k");
    if (!mount.reason().empty()) GTEST_SKIP() << mount.reason();
    write_file(folder.path() / "data" / "ballast", std::string(200 * 1024, 'x'));
    auto store = must_open(folder.db());
    int committed = 0;
    core::Result<ports::Revision> last = 0;
    while (committed < 100 && (last = put(*store, "k/" + std::to_string(committed), std::string(10000, 'v'))))
        ++committed;
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, ErrorCode::exhausted);
    EXPECT_THAT(last.error().what, HasSubstr("the disk is full"));
    EXPECT_GT(committed, 3);
    EXPECT_EQ(store->list("k/")->size(), committed);
    EXPECT_EQ(store->revision(), committed);
    std::filesystem::remove(folder.path() / "data" / "ballast");
    EXPECT_EQ(*put(*store, "k/after", "v"), committed + 1);
    store.reset();
    store = must_open(folder.db());
    EXPECT_EQ(store->list("k/")->size(), committed + 1);
    EXPECT_TRUE(store->integrity_check());
}

}  // namespace
}  // namespace antiphon::sqlite
