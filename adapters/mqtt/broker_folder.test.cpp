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

}  // namespace
}  // namespace antiphon::mqtt
