// Laws of files that come in pieces: nothing is sent twice, and nothing that came damaged gets a name.
#include "adapters/files/partial_file.hpp"

#include <gtest/gtest.h>

#include "adapters/files/fixture.test.hpp"
#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

struct Coming : testing::Test {
    TempFolder temp;
    std::filesystem::path path = temp / "w1.mic" / "000007.flac";
    std::string content = std::string(100'000, 'x') + "the end";
    core::BlobHash hash;

    Coming() {
        Sha256 sha;
        sha.update(bytes_of(content));
        hash = sha.finish();
    }
    // One connection, which brings so much.
    void bring(std::size_t count) {
        const auto from = PartialFile::received(path);
        auto file = PartialFile::open(path, from);
        ASSERT_TRUE(file) << file.error().what;
        ASSERT_TRUE(file->append(bytes_of(std::string_view(content).substr(from, count))));
    }
};

TEST_F(Coming, GoesOnWhereTheConnectionBeforeBroke) {
    EXPECT_EQ(PartialFile::received(path), 0U);
    std::size_t sent = 0;
    for (int i = 0; i < 20; ++i) {
        bring(5'000);
        sent += 5'000;
        EXPECT_EQ(PartialFile::received(path), sent);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    bring(1'000'000);
    ASSERT_TRUE(PartialFile::complete(path, content.size(), hash));
    EXPECT_EQ(read_file(path), content);
    EXPECT_EQ(PartialFile::received(path), content.size());
    EXPECT_TRUE(PartialFile::complete(path, content.size(), hash)) << "whoever did not hear of it may ask again";
}

TEST_F(Coming, FromElsewhereIsAConflictThatTellsFromWhere) {
    bring(5'000);
    for (const std::uint64_t offset : {0, 4'999, 5'001}) {
        const auto opened = PartialFile::open(path, offset);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, core::ErrorCode::conflict);
        EXPECT_EQ(opened.error().current_version, 5'000U);
    }
    bring(1'000'000);
    ASSERT_TRUE(PartialFile::complete(path, content.size(), hash));
    EXPECT_EQ(PartialFile::open(path, content.size()).error().code, core::ErrorCode::conflict) << "it is whole";
}

TEST_F(Coming, WhatIsDamagedGetsNoNameAndBeginsAnew) {
    bring(5'000);
    content[3] = 'y';  // at its sender
    content[6'000] = 'z';
    bring(1'000'000);
    const auto completed = PartialFile::complete(path, content.size(), hash);
    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().code, core::ErrorCode::corrupt);
    EXPECT_NE(completed.error().what.find("send it again"), std::string::npos);
    EXPECT_EQ(PartialFile::received(path), 0U);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Coming, WhatIsNotWantedAnyMoreGoes) {
    bring(5'000);
    ASSERT_TRUE(PartialFile::remove(path));
    EXPECT_EQ(PartialFile::received(path), 0U);
    bring(1'000'000);
    ASSERT_TRUE(PartialFile::complete(path, content.size(), hash));
    ASSERT_TRUE(PartialFile::remove(path));
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(PartialFile::remove(path));
}

TEST_F(Coming, WhatIsShorterIsNotWhole) {
    bring(5'000);
    EXPECT_FALSE(PartialFile::complete(path, content.size(), hash));
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace antiphon::files
