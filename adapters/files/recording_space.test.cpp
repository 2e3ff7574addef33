// Laws of room: a person is told before it ends, what is recorded stays, and it goes on once there is room again.
#include "adapters/files/recording_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

namespace antiphon::files {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t mb = 1'000'000, gb = 1000 * mb;

SpaceUse use(std::uint64_t used, std::uint64_t quota, std::uint64_t free = 100 * gb,
             std::uint64_t capacity = 200 * gb) {
    return {.used_bytes = used, .quota_bytes = quota, .free_bytes = free, .capacity_bytes = capacity};
}

TEST(RecordingSpace, AQuotaIsWhatRecordingsMayTake) {
    EXPECT_THAT(refusal_of(use(0, 2 * gb)), IsEmpty());
    EXPECT_THAT(warning_of(use(gb, 2 * gb)), IsEmpty());
    EXPECT_THAT(warning_of(use(1700 * mb, 2 * gb)), HasSubstr("room for 300.0 MB more on this board, and take 1.7 GB"));
    EXPECT_THAT(refusal_of(use(2 * gb - 1, 2 * gb)), IsEmpty());
    EXPECT_THAT(refusal_of(use(2 * gb, 2 * gb)), HasSubstr("filled the 2.0 GB"));
    EXPECT_THAT(refusal_of(use(3 * gb, 2 * gb)), HasSubstr("filled the 2.0 GB")) << "it was set later";
}

TEST(RecordingSpace, SomeOfTheDiskStaysFree) {
    EXPECT_EQ(use(0, 0).reserve_bytes(), 256ull << 20);
    EXPECT_EQ(use(0, 0, gb, 2 * gb).reserve_bytes(), 100 * mb);
    EXPECT_THAT(refusal_of(use(gb, 0, 101 * mb, 2 * gb)), IsEmpty());
    EXPECT_THAT(warning_of(use(gb, 0, 300 * mb, 2 * gb)), HasSubstr("room for 200.0 MB more"));
    EXPECT_THAT(warning_of(use(10 * mb, 0, 300 * mb, 2 * gb)), IsEmpty()) << "others fill it, and there is room enough";
    EXPECT_THAT(refusal_of(use(gb, 0, 100 * mb, 2 * gb)), HasSubstr("full but for 100.0 MB"));
    EXPECT_THAT(refusal_of(use(0, 0, 0, 0)), IsEmpty()) << "a disk that cannot be asked";
    EXPECT_THAT(warning_of(use(gb, 0, 0, 0)), IsEmpty());
}

struct Memory final : media::SegmentFiles {
    core::Result<void> create(int number) override { return files[appending = number].clear(), core::Result<void>(); }
    core::Result<void> append(std::span<const std::byte> bytes) override {
        if (refuses) return core::Error{core::ErrorCode::unavailable, "no"};
        files[appending].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    }
    core::Result<void> sync() override { return {}; }
    core::Result<void> cut(int, std::uint64_t) override { return {}; }
    core::Result<void> finish(int) override { return {}; }
    core::Result<void> sync_folder() override { return {}; }
    core::Result<media::SegmentDigest> digest(int) override { return media::SegmentDigest{}; }
    core::Result<std::size_t> read(int, std::uint64_t, std::span<std::byte>) override { return std::size_t{0}; }
    core::Result<void> save(const media::SegmentRow&) override { return {}; }
    core::Result<void> drop(int) override { return {}; }
    core::Result<void> remove(int number) override { return files.erase(number), core::Result<void>(); }
    core::Result<Found> find(int number) override { return Found{number}; }
    core::Result<std::vector<Found>> list() override { return std::vector<Found>(); }

    std::map<int, std::string> files;
    int appending = 0;
    bool refuses = false;
};

struct Limited : testing::Test {
    RecordingSpace space{1000};
    Memory* memory = nullptr;
    std::array<std::byte, 400> piece{};

    std::unique_ptr<LimitedSegments> track() {
        auto files = std::make_unique<Memory>();
        memory = files.get();
        return std::make_unique<LimitedSegments>(std::move(files), space);
    }
};

TEST_F(Limited, WhatGrowsCountsAtOnceForAllTracks) {
    const auto one = track(), other = track();
    ASSERT_TRUE(one->create(0) && other->create(0));
    EXPECT_TRUE(one->append(piece) && other->append(piece) && one->append(piece));
    const auto refused = other->append(piece);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::exhausted);
    EXPECT_EQ(one->create(1).error().code, core::ErrorCode::exhausted);
    EXPECT_TRUE(one->finish(0)) << "what is recorded becomes whole";
    space.tell(800, {});
    EXPECT_FALSE(other->append(piece)) << "whole segments count as they did while they grew";
    space.tell(0, {});
    EXPECT_TRUE(other->append(piece)) << "they are at the coordinator";
}

TEST_F(Limited, WhatWasNotWrittenDoesNotCountNorWhatIsGone) {
    auto one = track();
    ASSERT_TRUE(one->create(0));
    memory->refuses = true;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(one->append(piece).error().code, core::ErrorCode::unavailable);
    memory->refuses = false;
    EXPECT_TRUE(one->append(piece) && one->append(piece) && one->append(piece));
    EXPECT_FALSE(one->append(piece));
    ASSERT_TRUE(one->remove(0));
    EXPECT_TRUE(one->create(1) && one->append(piece) && one->append(piece));
    one.reset();
    EXPECT_THAT(space.refusal(), IsEmpty());
}

}  // namespace
}  // namespace antiphon::files
