// Laws of files that come in pieces: nothing is sent twice.
#include "adapters/files/partial_file.hpp"

#include <gtest/gtest.h>

#include "adapters/files/fixture.test.hpp"

namespace antiphon::files {
namespace {

struct Coming : testing::Test {
    TempFolder temp;
    PartialFile::Place place{temp / "w1.mic" / "000007.part", temp / "w1.mic" / "000007.flac"};
    std::string content = std::string(100'000, 'x') + "the end";

    // One connection, which brings so much.
    void bring(std::size_t count) {
        const auto from = PartialFile::received(place);
        auto file = PartialFile::open(place, from);
        ASSERT_TRUE(file) << file.error().what;
        ASSERT_TRUE(file->append(bytes_of(std::string_view(content).substr(from, count))));
    }
};

TEST_F(Coming, GoesOnWhereTheConnectionBeforeBroke) {
    EXPECT_EQ(PartialFile::received(place), 0U);
    std::size_t sent = 0;
    for (int i = 0; i < 20; ++i) {
        bring(5'000);
        sent += 5'000;
        EXPECT_EQ(PartialFile::received(place), sent);
    }
    bring(1'000'000);
    EXPECT_EQ(read_file(place.growing), content);
    EXPECT_FALSE(std::filesystem::exists(place.whole));
}

TEST_F(Coming, FromElsewhereIsAConflictThatTellsFromWhere) {
    bring(5'000);
    for (const std::uint64_t offset : {0, 4'999, 5'001}) {
        const auto opened = PartialFile::open(place, offset);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, core::ErrorCode::conflict);
        EXPECT_EQ(opened.error().current_version, 5'000U);
    }
    std::filesystem::rename(place.growing, place.whole);
    EXPECT_EQ(PartialFile::received(place), 5'000U);
    EXPECT_EQ(PartialFile::open(place, 5'000).error().code, core::ErrorCode::conflict) << "it is whole";
}

TEST_F(Coming, WhatIsNotWantedAnyMoreGoes) {
    bring(5'000);
    ASSERT_TRUE(PartialFile::remove(place));
    EXPECT_EQ(PartialFile::received(place), 0U);
    bring(1'000'000);
    std::filesystem::rename(place.growing, place.whole);
    ASSERT_TRUE(PartialFile::remove(place));
    EXPECT_FALSE(std::filesystem::exists(place.whole));
    EXPECT_TRUE(PartialFile::remove(place));
}

}  // namespace
}  // namespace antiphon::files
