// Laws of rows from outside: what a recorder writes passes; each number that would break arithmetic is refused.
#include "media/recording/segment_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace antiphon::media {
namespace {

using testing::HasSubstr;

SegmentRow good() {
    SegmentRow row;
    row.number = 7;
    row.life = 3;
    row.first = 14'400'000;
    row.frames = 14'400'000;
    row.closed = true;
    row.bytes = 20'000'000;
    row.sha256 = std::string(64, 'a');
    row.started = {1'790'000'000'000'000'000};
    row.anchors = {{14'400'000, 300'000'000'000, 900, 5}, {14'448'000, 301'000'000'000, 900, 5}};
    row.gaps = {{14'399'000, 1'000, "late"}, {15'000'000, 96, "late"}};
    return row;
}

TEST(SegmentCheck, ARowOfARecorderPasses) {
    EXPECT_TRUE(check_row(good()));
    EXPECT_TRUE(check_row({})) << "one that has just begun";
    auto lost = good();  // a board without the cluster's clock for days, whose own was set to nonsense
    lost.started = {std::numeric_limits<std::int64_t>::min()};
    lost.anchors[0].error_ns = std::numeric_limits<std::int64_t>::max();
    lost.gaps[0].reason = "cannot write " + std::string(4096, 'x') + ": disk full";
    EXPECT_TRUE(check_row(lost));
}

TEST(SegmentCheck, NamesTheSegmentAndWhatCannotBe) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
    struct Case {
        std::function<void(SegmentRow&)> spoil;
        const char* words;
    };
    const Case cases[] = {
        {[](auto& row) { row.rate = 0; }, "its rate"},
        {[](auto& row) { row.first = -1; }, "its frames"},
        {[](auto& row) { row.frames = most; }, "its frames"},
        {[](auto& row) { row.frames = least; }, "its frames"},
        {[](auto& row) { row.bytes = std::numeric_limits<std::uint64_t>::max(); }, "larger"},
        {[](auto& row) { row.sha256 = "beef"; }, "its hash"},
        {[](auto& row) { row.closed = false, row.sha256 += "a"; }, "its hash"},
        {[](auto& row) { row.note = std::string(20'000, 'x'); }, "too long"},
        {[](auto& row) { row.anchors[1].cluster_ns = most; }, "time anchor"},
        {[](auto& row) { row.anchors[0].cluster_ns = least; }, "time anchor"},
        {[](auto& row) { row.anchors[1].error_ns = -1; }, "time anchor"},
        {[](auto& row) { row.anchors[1].frame = most; }, "time anchor"},
        {[](auto& row) { row.gaps[0].count = most; }, "its gaps"},
        {[](auto& row) { row.gaps[1].first = 14'399'500; }, "its gaps"},
        {[](auto& row) { row.gaps[1].reason = std::string(20'000, 'x'); }, "too long"},
        {[](auto& row) {
             for (std::uint64_t i = 0; i < 20; ++i) row.anchors.push_back({0, 0, 0, i});
         },
         "too many clocks"},
    };
    for (const auto& one : cases) {
        auto row = good();
        one.spoil(row);
        const auto checked = check_row(row);
        ASSERT_FALSE(checked) << one.words;
        EXPECT_EQ(checked.error().code, core::ErrorCode::invalid);
        EXPECT_THAT(checked.error().what, HasSubstr("segment 7: "));
        EXPECT_THAT(checked.error().what, HasSubstr(one.words));
    }
    auto negative = good();
    negative.number = -1;
    EXPECT_FALSE(check_row(negative));
}

}  // namespace
}  // namespace antiphon::media
