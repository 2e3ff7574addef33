// Laws of small files: whole or as before, with the mode that was asked for, and bounded when read.
#include "adapters/files/atomic_write.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/fixture.test.hpp"

namespace antiphon::files {
namespace {

using core::ErrorCode;
using testing::HasSubstr;

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
}

std::size_t entries_of(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicWrite, ReplacesTheFileAndItsMode) {
    const TempFolder folder;
    ASSERT_TRUE(atomic_write(folder / "token", "first", 0644));
    EXPECT_EQ(mode_of(folder / "token"), 0644);
    ASSERT_TRUE(atomic_write(folder / "token", std::string("se\0cret", 7), secret_mode));
    EXPECT_EQ(mode_of(folder / "token"), 0600);
    EXPECT_EQ(*read_text(folder / "token", 100), std::string("se\0cret", 7));
    EXPECT_EQ(entries_of(folder.path()), 1);
}

TEST(AtomicWrite, AFailureNamesTheFileAndLeavesTheOldOne) {
    const TempFolder folder;
    const auto missing = atomic_write(folder / "no" / "token", "x", secret_mode);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_THAT(missing.error().what, HasSubstr((folder / "no" / "token").string()));
    std::filesystem::create_directory(folder / "token");
    EXPECT_EQ(atomic_write(folder / "token", "x", secret_mode).error().code, ErrorCode::invalid);
    EXPECT_EQ(entries_of(folder.path()), 1);
}

TEST(AtomicWrite, OnAFullDiskTheOldFileStays) {
    const TempFolder folder;
    const auto disk = folder / "disk";
    std::filesystem::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0)
        GTEST_SKIP() << "no tmpfs can be mounted: " << std::strerror(errno);
    EXPECT_TRUE(atomic_write(disk / "file", "old", 0644));
    const auto full = atomic_write(disk / "file", std::string(100'000, 'x'), 0644);
    EXPECT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::exhausted);
    EXPECT_EQ(read_file(disk / "file"), "old");
    EXPECT_EQ(entries_of(disk), 1);
    ::umount2(disk.c_str(), MNT_DETACH);
}

TEST(ReadText, IsBounded) {
    const TempFolder folder;
    write_file(folder / "file", "12345");
    EXPECT_EQ(*read_text(folder / "file", 5), "12345");
    EXPECT_EQ(read_text(folder / "file", 4).error().code, ErrorCode::invalid);
    EXPECT_THAT(read_text(folder / "file", 4).error().what, HasSubstr("is longer than 4 bytes"));
    EXPECT_EQ(read_text(folder / "none", 4).error().code, ErrorCode::not_found);
    EXPECT_EQ(read_text(folder.path(), 4).error().code, ErrorCode::invalid);
    write_file(folder / "empty", "");
    EXPECT_EQ(*read_text(folder / "empty", 0), "");
}

}  // namespace
}  // namespace antiphon::files
