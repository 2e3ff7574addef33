// Laws of the backup that waits: one at a time, let go when asked, and never in the way of an end or a start.
#include "apps/coordinator/backups.hpp"

#include <gmock/gmock.h>

#include "apps/backup/fixture.test.hpp"
#include "apps/backup/read.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using api::BackupPhase;
using core::ErrorCode;

class BackupsTest : public testing::Test {
  protected:
    // Runs the loop until what waits on the thread has come back.
    void wait() {
        io.restart();
        const auto come = io.run_one_for(std::chrono::seconds(20));
        ASSERT_EQ(come, 1u) << "nothing came back from the thread";
    }
    std::unique_ptr<Backups> open() {
        auto backups = std::make_unique<Backups>(io, data.path);
        wait();  // for the folder to be cleared
        return backups;
    }

    backup::testing::Folder folder;
    backup::testing::DataFolder data{folder.path / "data"};
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
};

TEST_F(BackupsTest, OneIsMadeFetchedAndLetGo) {
    const auto backups = open();
    const auto begun = backups->start(true, {5});
    ASSERT_TRUE(begun) << begun.error().what;
    EXPECT_EQ(begun->phase, BackupPhase::making);
    EXPECT_EQ(backups->file(begun->id).error().code, ErrorCode::conflict);
    EXPECT_EQ(backups->start(false, {6}).error().code, ErrorCode::conflict) << "one at a time";
    wait();
    const auto ready = backups->find(begun->id);
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->phase, BackupPhase::ready) << ready->reason;
    EXPECT_EQ(ready->done_bytes, ready->total_bytes);
    const auto file = backups->file(begun->id);
    ASSERT_TRUE(file);
    EXPECT_TRUE(backup::verify(*file));
    EXPECT_TRUE(backups->remove(begun->id));
    wait();
    EXPECT_FALSE(fs::exists(*file));
    EXPECT_EQ(backups->find(begun->id).error().code, ErrorCode::not_found);
    EXPECT_EQ(backups->find("").error().code, ErrorCode::not_found);
}

TEST_F(BackupsTest, ANewOneTakesThePlaceOfOneThatWasNotFetched) {
    const auto backups = open();
    const auto first = backups->start(false, {5});
    wait();
    const auto second = backups->start(true, {6});
    ASSERT_TRUE(second) << second.error().what;
    wait();
    EXPECT_EQ(backups->file(first->id).error().code, ErrorCode::not_found);
    EXPECT_EQ(backup::verify(*backups->file(second->id))->made.ns, 6);
}

TEST_F(BackupsTest, GivenUpItHasFailedAndTheNextOneIsMade) {
    const auto backups = open();
    const auto given_up = backups->start(true, {5});
    ASSERT_TRUE(backups->remove(given_up->id));
    wait();
    EXPECT_NE(backups->find(given_up->id)->phase, BackupPhase::making);
    EXPECT_TRUE(backups->start(true, {6}));
    wait();
}

TEST_F(BackupsTest, WhatAnEarlierLifeLeftGoesWithTheNextStart) {
    backup::testing::write(data.path / "backups/antiphon.db.part", "of a coordinator that was killed");
    open();
    EXPECT_FALSE(fs::exists(data.path / "backups"));
}

TEST_F(BackupsTest, OneThatFailsSaysWhy) {
    fs::remove(data.path / "token");
    const auto backups = open();
    const auto begun = backups->start(false, {5});
    wait();
    EXPECT_EQ(backups->find(begun->id)->phase, BackupPhase::failed);
    EXPECT_THAT(backups->find(begun->id)->reason, testing::HasSubstr("token"));
    EXPECT_THAT(backups->file(begun->id).error().what, testing::HasSubstr("token"));
    EXPECT_FALSE(fs::exists(data.path / "backups"));
}

}  // namespace
}  // namespace antiphon::coordinator
