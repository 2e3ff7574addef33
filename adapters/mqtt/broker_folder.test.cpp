// Laws of the broker's folder: private, replaced in one step, and reachable for the broker's account.
#include "adapters/mqtt/broker_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace antiphon::mqtt {
namespace {

namespace fs = std::filesystem;

class BrokerFolderTest : public testing::Test {
  protected:
    BrokerFolderTest() {
        std::string name = testing::TempDir() + "antiphon-folder-XXXXXX";
        root = ::mkdtemp(name.data());
    }
    ~BrokerFolderTest() override { fs::remove_all(root); }

    static unsigned mode(const fs::path& path) {
        struct stat status{};
        ::stat(path.c_str(), &status);
        return status.st_mode & 07777;
    }
    fs::path root;
};

TEST_F(BrokerFolderTest, KeepsItsFilesToItself) {
    const auto folder = BrokerFolder::open(root / "a" / "broker", 1, {});
    ASSERT_TRUE(folder);
    for (const auto* text : {"first", "second"}) {
        ASSERT_TRUE(folder->write("acl", text));
        std::ifstream file(folder->file("acl"));
        std::string read;
        std::getline(file, read);
        EXPECT_EQ(read, text);
    }
    EXPECT_EQ(mode(folder->file("acl")), 0600U);
    EXPECT_EQ(mode(root / "a" / "broker"), 0700U);
    EXPECT_FALSE(fs::exists(folder->file("acl.new")));
}

TEST_F(BrokerFolderTest, SaysWhereItCannotWrite) {
    const auto folder = BrokerFolder::open(root / "broker", 1, {});
    ASSERT_TRUE(folder);
    fs::create_directory(folder->file("acl"));
    const auto refused = folder->write("acl", "x");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("broker/acl: "), std::string::npos);
    std::ofstream(root / "file") << "x";
    EXPECT_FALSE(BrokerFolder::open(root / "file" / "broker", 1, {}));
}

TEST_F(BrokerFolderTest, KnowsWhichFoldersAnAccountCanEnter) {
    const BrokerAccount stranger{"stranger", 12345, 12345};
    fs::create_directories(root / "open" / "deep");
    ::chmod(root.c_str(), 0755);
    EXPECT_TRUE(can_enter(stranger, root / "open" / "deep" / "not-there-yet"));
    ::chmod((root / "open").c_str(), 0750);
    EXPECT_FALSE(can_enter(stranger, root / "open" / "deep"));
    EXPECT_TRUE(can_enter({"owner", ::getuid(), 1}, root / "open" / "deep"));
}

TEST_F(BrokerFolderTest, RemovesWhatItMadeAndNothingElse) {
    auto folder = BrokerFolder::open(root / "broker", 1, {});
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->write("passwords", "x"));
    folder->remove();
    EXPECT_FALSE(fs::exists(root / "broker"));
    folder = BrokerFolder::open(root / "broker", 1, {});
    std::ofstream(root / "broker" / "somebody's") << "x";
    ASSERT_TRUE(folder->write("acl", "x"));
    folder->remove();
    EXPECT_TRUE(fs::exists(root / "broker" / "somebody's"));
    EXPECT_FALSE(fs::exists(root / "broker" / "acl"));
}

// Of an account that cannot enter the data folder; the test has to be root, as who needs such a folder is.
class RunFolderTest : public BrokerFolderTest {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root gives a folder to another account";
        fs::create_directories(root / "run");
        ::chmod(root.c_str(), 0700);
    }
    core::Result<BrokerFolder> open(std::uint16_t port) const {
        return BrokerFolder::open(root / "data" / "broker", port, BrokerAccount{"stranger", 12345, 12345},
                                  root / "run");
    }
    fs::path at(std::uint16_t port) const { return root / "run" / ("antiphon-broker-" + std::to_string(port)); }
};

TEST_F(RunFolderTest, OfALivingProcessIsNeitherTakenNorRemoved) {
    const auto first = open(1);
    ASSERT_TRUE(first) << first.error().what;
    ASSERT_TRUE(first->write("passwords", "secret"));
    EXPECT_EQ(open(1).error().code, core::ErrorCode::conflict);
    ASSERT_TRUE(open(2));
    EXPECT_TRUE(fs::exists(at(1) / "passwords"));
}

TEST_F(RunFolderTest, WhatAKilledLifeLeftGoesWithTheNextStartOnAnyPort) {
    {
        const auto killed = open(1);
        ASSERT_TRUE(killed && killed->write("passwords", "secret"));
    }
    EXPECT_TRUE(fs::exists(at(1) / "passwords"));
    fs::create_directories(root / "elsewhere");
    fs::create_directory_symlink(root / "elsewhere", at(3));
    fs::create_directories(root / "run" / "other");
    const auto next = open(2);
    ASSERT_TRUE(next);
    EXPECT_FALSE(fs::exists(at(1)));
    EXPECT_TRUE(fs::exists(at(2)));
    EXPECT_TRUE(fs::exists(root / "elsewhere"));
    EXPECT_TRUE(fs::exists(root / "run" / "other"));
}

}  // namespace
}  // namespace antiphon::mqtt
