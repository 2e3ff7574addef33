// Laws of blobs: named by their content, whole or not there, within the quota, and found out when they rot.
#include "adapters/files/blob_folder.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "adapters/files/fixture.test.hpp"
#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

using core::BlobHash;
using core::ErrorCode;
using ports::BlobInfo;
using testing::HasSubstr;

const BlobHash abc_hash{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};  // FIPS 180-2

std::unique_ptr<BlobFolder> must_open(const std::filesystem::path& path, std::uint64_t quota_bytes = 1 << 20) {
    auto blobs = BlobFolder::open(path, quota_bytes);
    if (!blobs) {
        ADD_FAILURE() << blobs.error().what;
        std::abort();
    }
    return std::move(*blobs);
}

core::Result<BlobInfo> add(BlobFolder& blobs, std::string_view content, std::optional<BlobHash> expected = {}) {
    auto writer = blobs.create(content.size());
    if (!writer) return writer.error();
    const auto half = content.size() / 2;
    for (const auto piece : {content.substr(0, half), content.substr(half)})
        if (auto appended = (*writer)->append(bytes_of(piece)); !appended) return appended.error();
    return (*writer)->finish(expected);
}

std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) count += entry.is_regular_file();
    return count;
}

TEST(Sha256, IsTheStandardsAndStartsAnewAfterFinish) {
    const TempFolder folder;
    Sha256 hash;
    hash.update(bytes_of("a"));
    hash.update(bytes_of("bc"));
    EXPECT_EQ(hash.finish(), abc_hash);
    EXPECT_EQ(hash.finish().value, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    write_file(folder / "file", "abc");
    EXPECT_EQ(*sha256_file(folder / "file"), abc_hash);
    EXPECT_EQ(sha256_file(folder / "none").error().code, ErrorCode::not_found);
}

TEST(BlobFolder, ABlobIsFoundByItsHashAndSurvivesAReopen) {
    const TempFolder folder;
    {
        auto blobs = must_open(folder / "blobs");
        EXPECT_EQ(blobs->find(abc_hash), std::nullopt);
        const auto added = add(*blobs, "abc", abc_hash);
        ASSERT_TRUE(added);
        EXPECT_EQ(added->hash, abc_hash);
        EXPECT_EQ(added->size_bytes, 3);
    }
    auto blobs = must_open(folder / "blobs");
    EXPECT_EQ(blobs->find(abc_hash)->size_bytes, 3);
    EXPECT_EQ(blobs->path(abc_hash), folder / "blobs" / "ba" / abc_hash.value);
    EXPECT_EQ(read_file(blobs->path(abc_hash)), "abc");
    EXPECT_EQ(blobs->used_bytes(), 3);
    EXPECT_EQ(blobs->list()->size(), 1);
    EXPECT_TRUE(blobs->verify(abc_hash));
}

TEST(BlobFolder, ABlobOfManyPiecesIsWhole) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs", 64u << 20);
    std::string content(20u << 20, '\0');  // more than what is handed to the disk at a time
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 2654435761u >> 13u);
    auto writer = blobs->create(0);
    ASSERT_TRUE(writer);
    for (std::size_t at = 0; at < content.size(); at += 300'007)
        ASSERT_TRUE((*writer)->append(bytes_of(std::string_view(content).substr(at, 300'007))));
    const auto info = (*writer)->finish({});
    ASSERT_TRUE(info);
    EXPECT_EQ(info->size_bytes, content.size());
    EXPECT_EQ(read_file(blobs->path(info->hash)), content);
    EXPECT_TRUE(blobs->verify(info->hash));
}

TEST(BlobFolder, NothingIsVisibleBeforeTheEndNorLeftByAnUnfinishedWriter) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs");
    {
        auto writer = blobs->create(3);
        ASSERT_TRUE((*writer)->append(bytes_of("abc")));
        EXPECT_EQ(blobs->find(abc_hash), std::nullopt);
        EXPECT_TRUE(blobs->list()->empty());
        EXPECT_EQ(blobs->used_bytes(), 3);
    }
    EXPECT_EQ(files_in(folder.path()), 0);
    EXPECT_EQ(blobs->used_bytes(), 0);
}

TEST(BlobFolder, WhatACrashLeftIsRemovedAtOpen) {
    const TempFolder folder;
    ASSERT_TRUE(add(*must_open(folder / "blobs"), "abc"));
    write_file(folder / "blobs" / "unfinished" / "blob-x1y2z3", "half a so");
    write_file(folder / "blobs" / "README", "not a blob");
    auto blobs = must_open(folder / "blobs");
    EXPECT_EQ(blobs->used_bytes(), 3);
    EXPECT_EQ(files_in(folder / "blobs" / "unfinished"), 0);
    EXPECT_TRUE(std::filesystem::exists(folder / "blobs" / "README"));
}

TEST(BlobFolder, ContentThatIsNotWhatWasExpectedIsRefused) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs");
    const auto added = add(*blobs, "abd", abc_hash);
    EXPECT_EQ(added.error().code, ErrorCode::corrupt);
    EXPECT_THAT(added.error().what, HasSubstr(abc_hash.value));
    EXPECT_EQ(files_in(folder.path()), 0);
    EXPECT_EQ(blobs->used_bytes(), 0);
}

TEST(BlobFolder, TheQuotaHoldsWhateverTheHintSays) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs", 10);
    EXPECT_EQ(blobs->create(11).error().code, ErrorCode::exhausted);
    ASSERT_TRUE(add(*blobs, "abcdef"));
    EXPECT_EQ(add(*blobs, "ghijk").error().code, ErrorCode::exhausted);
    auto liar = blobs->create(0);
    ASSERT_TRUE((*liar)->append(bytes_of("1234")));
    EXPECT_EQ(blobs->create(1).error().code, ErrorCode::exhausted);
    const auto full = (*liar)->append(bytes_of("5"));
    EXPECT_EQ(full.error().code, ErrorCode::exhausted);
    EXPECT_THAT(full.error().what, HasSubstr("10 of 10 bytes are taken; remove some, or raise the quota"));
    EXPECT_EQ((*liar)->append(bytes_of("")).error().code, ErrorCode::conflict);  // it has failed before
    EXPECT_EQ((*liar)->finish({}).error().code, ErrorCode::conflict);
    EXPECT_EQ(blobs->used_bytes(), 6);
    EXPECT_TRUE(add(*blobs, "1234"));
    EXPECT_EQ(blobs->create(std::uint64_t{1} << 62).error().code, ErrorCode::exhausted);
}

TEST(BlobFolder, ACacheMakesRoomByWhatWasNotUsedForTheLongestTime) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs", 12);
    std::vector<BlobHash> hashes;
    for (const auto* content : {"aaaa", "bbbb", "cccc"}) hashes.push_back(add(*blobs, content)->hash);
    const auto now = std::filesystem::file_time_type::clock::now();
    for (std::size_t i = 0; i < 3; ++i)
        std::filesystem::last_write_time(blobs->path(hashes[i]), now - std::chrono::hours(10 - i));
    blobs->touch(hashes[0]);
    EXPECT_EQ(add(*blobs, "dddd").error().code, ErrorCode::exhausted);
    EXPECT_FALSE(blobs->make_room(13, [](const BlobHash&) { return false; }));
    EXPECT_TRUE(blobs->find(hashes[2])) << "nothing goes in vain";
    EXPECT_TRUE(blobs->make_room(4, [&](const BlobHash& hash) { return hash == hashes[1]; }));
    EXPECT_TRUE(blobs->find(hashes[0]));
    EXPECT_TRUE(blobs->find(hashes[1])) << "the oldest, but it is kept";
    EXPECT_FALSE(blobs->find(hashes[2]));
    EXPECT_TRUE(add(*blobs, "dddd"));
    EXPECT_FALSE(blobs->make_room(4, [](const BlobHash&) { return true; }));
}

TEST(BlobFolder, TheSameContentTwiceIsOneBlob) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs");
    ASSERT_TRUE(add(*blobs, "abc"));
    write_file(blobs->path(abc_hash), "abX");  // the copy on disk has rotted: the new one takes its place
    ASSERT_TRUE(add(*blobs, "abc"));
    EXPECT_EQ(blobs->used_bytes(), 3);
    EXPECT_EQ(blobs->list()->size(), 1);
    EXPECT_TRUE(blobs->verify(abc_hash));
}

TEST(BlobFolder, AFlippedBitIsFoundByVerify) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs");
    ASSERT_TRUE(add(*blobs, "abc"));
    write_file(blobs->path(abc_hash), "abb");
    EXPECT_EQ(blobs->verify(abc_hash).error().code, ErrorCode::corrupt);
    EXPECT_THAT(blobs->verify(abc_hash).error().what, HasSubstr("remove it and fetch it again"));
    ASSERT_TRUE(blobs->remove(abc_hash));
    EXPECT_EQ(blobs->verify(abc_hash).error().code, ErrorCode::not_found);
    EXPECT_EQ(blobs->remove(abc_hash).error().code, ErrorCode::not_found);
    EXPECT_EQ(blobs->used_bytes(), 0);
}

TEST(BlobFolder, AHashThatIsNoneNamesNoFile) {
    const TempFolder folder;
    write_file(folder / "secret", "x");
    auto blobs = must_open(folder / "blobs");
    for (const auto* hash : {"../secret", "", ".", "/etc/passwd", "BA7816"}) {
        EXPECT_EQ(blobs->find({hash}), std::nullopt);
        EXPECT_FALSE(std::filesystem::exists(blobs->path({hash})));
        EXPECT_EQ(blobs->remove({hash}).error().code, ErrorCode::not_found);
        EXPECT_EQ(blobs->verify({hash}).error().code, ErrorCode::not_found);
    }
    EXPECT_TRUE(std::filesystem::exists(folder / "secret"));
}

TEST(BlobFolder, ManyWritersAtOnceShareTheQuota) {
    const TempFolder folder;
    auto blobs = must_open(folder / "blobs", 100);
    std::vector<std::unique_ptr<ports::BlobWriter>> writers;
    for (int i = 0; i < 4; ++i) writers.push_back(std::move(*blobs->create(0)));
    std::atomic<int> finished = 0;
    {
        std::vector<std::jthread> threads;
        for (auto& writer : writers)
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i)
                    if (!writer->append(bytes_of("x"))) return;
                if (writer->finish({})) ++finished;
            });
    }
    EXPECT_LE(finished, 4);
    EXPECT_GE(finished, 1);
    EXPECT_EQ(blobs->used_bytes(), 50);  // the same content: one blob
    EXPECT_EQ(blobs->list()->size(), 1);
}

TEST(BlobFolder, IsRefusedWhereAFileIs) {
    const TempFolder folder;
    write_file(folder / "blobs", "a file");
    const auto opened = BlobFolder::open(folder / "blobs" / "deeper", 1);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().what, HasSubstr((folder / "blobs").string()));
}

}  // namespace
}  // namespace antiphon::files
