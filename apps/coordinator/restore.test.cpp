// Laws of restoring: the folder is there, whole and with a higher epoch, or nothing has changed.
#include "apps/coordinator/restore.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include "apps/backup/fixture.test.hpp"
#include "apps/backup/make.hpp"
#include "apps/coordinator/load.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using backup::testing::content_of;
using core::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

class Restore : public testing::Test {
  protected:
    Restore() {
        fs::create_directories(tar.parent_path());
        backup::Progress progress;
        const auto made = backup::make(data.path, true, {}, tar, progress);
        EXPECT_TRUE(made) << made.error().what;
    }
    core::Result<node::Restored> restore_it() const { return restore({tar, target}); }
    std::vector<std::string> beside() const { return folder.names(); }

    backup::testing::Folder folder;
    backup::testing::DataFolder data{folder.path / "data"};
    const fs::path tar = folder.path / "made" / "backup.tar";
    const fs::path target = folder.path / "target";
};

TEST_F(Restore, MakesTheSameStateInALaterEpoch) {
    const auto restored = restore_it();
    ASSERT_TRUE(restored) << restored.error().what;
    EXPECT_GE(restored->epoch, 1007u);  // above those of a thousand more lives of the one that was backed up
    EXPECT_EQ(restored->cluster, "c0ffee");
    auto store = sqlite::SqliteStore::open(target / "antiphon.db", upgrade_row);
    ASSERT_TRUE(store) << store.error().what;
    const auto loaded = load_state(**store);
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(loaded->cluster, "c0ffee");
    EXPECT_EQ(loaded->state.cluster.epoch.value, restored->epoch);
    EXPECT_TRUE(loaded->state.cluster.restored);
    EXPECT_FALSE(loaded->state.cluster.superseded_by) << "it is to lead, whoever led before";
    EXPECT_EQ(loaded->state.zones.find({"z1"})->version, 3u);
    EXPECT_EQ(loaded->state.sessions.find({"s1"})->phase, core::SessionPhase::playing);
    for (const auto* name : {"token", "recordings/r1/w1.mic/000000.flac"})
        EXPECT_EQ(content_of(target / name), content_of(data.path / name));
    EXPECT_EQ(content_of(target / backup::name_of({backup::testing::sha256_of(backup::testing::silent)})),
              backup::testing::silent);
    EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::status(target / "token").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(beside(), ElementsAre("data", "made", "target"));
}

TEST_F(Restore, TakesTheRowsOfAnOlderSchemaAlong) {
    data.store.reset();
    {
        auto database = sqlite::Database::open(data.path / "antiphon.db");
        ASSERT_TRUE(database->run("UPDATE schema_version SET version = 1"));
    }
    fs::remove(tar);
    backup::Progress progress;
    ASSERT_TRUE(backup::make(data.path, false, {}, tar, progress));
    ASSERT_TRUE(restore_it());
    EXPECT_TRUE(sqlite::SqliteStore::open(target / "antiphon.db", upgrade_row));
}

TEST_F(Restore, TakesAnEmptyFolderAndMakesThoseAbove) {
    fs::create_directories(target);
    EXPECT_TRUE(restore_it());
    const auto deep = folder.path / "a" / "b" / "c" / "";
    ASSERT_TRUE(restore({tar, deep}));
    EXPECT_TRUE(fs::exists(deep / "antiphon.db"));
}

TEST_F(Restore, RefusesAFolderThatIsInUseOrNotEmpty) {
    const auto in_use = restore({tar, data.path});
    ASSERT_FALSE(in_use);
    EXPECT_EQ(in_use.error().code, ErrorCode::conflict);
    EXPECT_THAT(in_use.error().what, HasSubstr("is in use by process"));
    data.store.reset();
    const auto full = restore({tar, data.path});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::conflict);
    EXPECT_THAT(full.error().what, HasSubstr("not empty; move it away"));
    backup::testing::write(target, "a file");
    EXPECT_THAT(restore_it().error().what, HasSubstr("is a file"));
    EXPECT_EQ(content_of(target), "a file");
}

TEST_F(Restore, OfWhatIsDamagedWritesNothing) {
    auto bytes = content_of(tar);
    bytes[bytes.find("a programme of last week")] = 'A';
    backup::testing::write(tar, bytes);
    const auto restored = restore_it();
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, ErrorCode::corrupt);
    EXPECT_THAT(beside(), ElementsAre("data", "made"));
}

// Hashes that are right do not make a database of it.
TEST_F(Restore, OfADatabaseThatIsNoneLeavesNothingBehind) {
    const backup::testing::Contents files{{"antiphon.db", std::string(5000, 'x')}, {"token", std::string(65, 'a')}};
    auto all = files;
    all.insert(all.begin(), {backup::manifest_name, json::encode(backup::testing::manifest_of(files))});
    backup::testing::write(tar, backup::testing::tar_of(all));
    const auto restored = restore_it();
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, ErrorCode::corrupt);
    EXPECT_THAT(beside(), ElementsAre("data", "made"));
}

TEST_F(Restore, OfRowsThatCannotBeReadLeavesNothingBehind) {
    const ports::StoreWrite row{"zone/z2", R"({"id":"z2","name":7,"outputs":[],"version":1})", {}};
    ASSERT_TRUE(data.store->commit({&row, 1}));
    fs::remove(tar);
    backup::Progress progress;
    ASSERT_TRUE(backup::make(data.path, false, {}, tar, progress));
    const auto restored = restore_it();
    ASSERT_FALSE(restored);
    EXPECT_THAT(restored.error().what, HasSubstr("row 'zone/z2'"));
    EXPECT_THAT(beside(), ElementsAre("data", "made"));
}

TEST_F(Restore, WithoutTheSpaceIsRefusedBeforeAnythingIsWritten) {
    const auto small = folder.path / "small";
    fs::create_directories(small);
    if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=200k") != 0) GTEST_SKIP() << "no tmpfs can be mounted";
    const auto restored = restore({tar, small / "target"});
    EXPECT_TRUE(fs::is_empty(small));
    ::umount2(small.c_str(), MNT_DETACH);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, ErrorCode::exhausted);
    EXPECT_THAT(restored.error().what, HasSubstr("free some space or use another --data"));
}

}  // namespace
}  // namespace antiphon::coordinator
