// Laws of a recording's line of time: what was recorded and what is missing make up all that elapsed, whatever
// happened to boards and clocks.
#include "media/recording/recording_time.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;
using Rows = std::vector<SegmentRow>;

constexpr double frame_ns = 1e9 / 48000;
constexpr std::int64_t wall_minus_true = 1'700'000'000'000'000'000;

// A board that records from one true time to another; the cluster clock shows true time, less what it began at.
struct Board {
    Crystal device;
    std::uint64_t next_life = 1;
    int next_number = 0;
    std::vector<SegmentRow> rows;

    struct Clock {
        std::uint64_t incarnation = 1;
        double from_s = 0, to_s = 1e9;  // while it can be seen
        double zero_s = 0;              // true time of its zero
    };

    void record(Random& random, double begin_s, double end_s, const std::vector<Clock>& clocks,
                const std::string& note = "") {
        std::normal_distribution<> normal;
        const double begin_ns = begin_s * 1e9;
        const double device_begin = device.shows(begin_ns);
        const auto frames = static_cast<core::FrameCount>((device.shows(end_s * 1e9) - device_begin) / frame_ns);
        for (core::FrameCount first = 0; first < frames; first += 480'000) {
            SegmentRow row{.number = next_number++,
                           .life = next_life,
                           .first = first,
                           .frames = std::min<core::FrameCount>(480'000, frames - first),
                           .closed = true};
            for (core::FrameCount frame = first; frame <= row.end(); frame += 48'000) {
                const double true_ns = device.true_at(device_begin + static_cast<double>(frame) * frame_ns);
                if (frame == first) row.started = {static_cast<std::int64_t>(true_ns) + wall_minus_true};
                for (const auto& clock : clocks)
                    if (true_ns >= clock.from_s * 1e9 && true_ns < clock.to_s * 1e9)
                        row.anchors.push_back({frame, std::llround(true_ns - clock.zero_s * 1e9 + 500 * normal(random)),
                                               2000, clock.incarnation});
            }
            rows.push_back(row);
        }
        rows.back().note = note;
        ++next_life;
    }
};

double true_ns(const Board& board, double begin_s, double frame) {
    return board.device.true_at(board.device.shows(begin_s * 1e9) + frame * frame_ns);
}

core::FrameCount recorded(const std::vector<SegmentRow>& rows) {
    core::FrameCount frames = 0;
    for (const auto& row : rows) frames += row.frames;
    return frames;
}

core::FrameCount missing(const std::vector<SegmentGap>& gaps) {
    core::FrameCount frames = 0;
    for (const auto& gap : gaps) frames += gap.count;
    return frames;
}

TEST(RecordingTime, BetweenTwoLivesOfABoardIsAGapToTheFrame) {
    Random random(1);
    Board board{{7e9, 0}};
    board.record(random, 10, 70, {{}}, segment_cut_short);
    board.record(random, 73.25, 130, {{}});
    const auto time = recording_time(std::vector<Rows>{board.rows});
    ASSERT_TRUE(time);
    ASSERT_EQ(time->tracks[0].lives.size(), 2U);
    EXPECT_NEAR(static_cast<double>(time->begin_ns()), 10e9, 2000);
    const auto gaps = gaps_on_line(time->tracks[0], board.rows, time->begin_ns());
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].reason, segment_cut_short);
    EXPECT_NEAR(static_cast<double>(gaps[0].first), 60 * 48000, 1);
    EXPECT_NEAR(static_cast<double>(gaps[0].count), 3.25 * 48000, 1);
    const double elapsed = static_cast<double>(time->end_ns() - time->begin_ns()) / frame_ns;
    EXPECT_NEAR(static_cast<double>(recorded(board.rows) + missing(gaps)), elapsed, 1.5) << "I13";
}

TEST(RecordingTime, GapsWithinALifeAreOnTheLineToo) {
    Random random(2);
    Board board{{0, 50}};
    board.record(random, 0, 100, {{}});
    board.rows[3].gaps = {{board.rows[3].first + 4800, 960, "the ring was full"}};
    const auto time = recording_time(std::vector<Rows>{board.rows});
    ASSERT_TRUE(time);
    const auto gaps = gaps_on_line(time->tracks[0], board.rows, time->begin_ns());
    ASSERT_EQ(gaps.size(), 1U);
    const double first = (3 * 480'000 + 4800) / (1 + 50e-6);
    EXPECT_NEAR(static_cast<double>(gaps[0].first), first, 1);
    EXPECT_EQ(gaps[0].count, 960);
}

TEST(RecordingTime, ASegmentThatIsNotHereIsAGap) {
    Random random(2);
    Board board{{0, 0}};
    board.record(random, 0, 100, {{}});
    board.rows.erase(board.rows.begin() + 3);
    board.rows.erase(board.rows.begin());
    const auto time = recording_time(std::vector<Rows>{board.rows});
    ASSERT_TRUE(time);
    const auto gaps = gaps_on_line(time->tracks[0], board.rows, time->begin_ns());
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_NEAR(static_cast<double>(gaps[0].first), 0, 1);
    EXPECT_NEAR(static_cast<double>(gaps[1].first), 30 * 48000, 1);
    EXPECT_EQ(gaps[1].count, 480'000);
    EXPECT_NE(gaps[1].reason.find("number 4 is not here"), std::string::npos);
}

TEST(RecordingTime, TwoBoardsAgreeAcrossANewLifeOfTheClusterClock) {
    Random random(3);
    const std::vector<Board::Clock> clocks{{1, 0, 60, 0}, {2, 75, 1e9, 75}};
    std::vector<Board> boards{{{0, 40}}, {{5e9, -60}}};
    for (auto& board : boards) board.record(random, 5, 200, clocks);
    const auto time = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    ASSERT_TRUE(time);
    EXPECT_EQ(time->incarnation, 2U) << "which most anchors speak of";
    for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_EQ(time->tracks[i].lives.size(), 1U);
        const auto& life = time->tracks[i].lives[0];
        for (const double frame : {0.0, 2e6, 9e6}) {
            const double on_line = static_cast<double>(life.time.origin_ns()) + life.time.ns_at(frame);
            const double truth = true_ns(boards[i], 5, frame) - 75e9;
            EXPECT_NEAR(on_line, truth, 6000) << i << " " << frame;
        }
    }
}

TEST(RecordingTime, ABoardThatNeverKnewTheClockIsPlacedByItsOwn) {
    Random random(4);
    std::vector<Board> boards{{{0, 0}}, {{0, 0}}};
    boards[0].record(random, 10, 60, {{1, 0, 1e9, -1e6}});
    boards[1].record(random, 20, 50, {});
    const auto time = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    ASSERT_TRUE(time);
    EXPECT_FALSE(time->tracks[0].lives[0].by_wall);
    const auto& placed = time->tracks[1].lives[0];
    EXPECT_TRUE(placed.by_wall);
    EXPECT_NEAR(static_cast<double>(placed.time.origin_ns() - time->begin_ns()) + placed.time.ns_at(0), 10e9, 1e6);
}

// Its own clock was set to nonsense, and the cluster's it had not heard for days.
TEST(RecordingTime, WhatAWrongClockSaysIsLeftOut) {
    Random random(4);
    std::vector<Board> boards{{{0, 0}}, {{0, 0}}};
    for (auto& board : boards) board.record(random, 10, 60, {{1, 0, 1e9, -1e6}});
    const auto right = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    constexpr auto most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
    boards[0].rows.front().started = {most};
    boards[0].rows.front().anchors.push_back({1'000'000, 5'000'000'000, most, 1});
    boards[0].rows.front().anchors.push_back({1'100'000, 5'000'000'000, most, 99});
    const auto wrong = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    ASSERT_TRUE(right && wrong);
    EXPECT_EQ(wrong->begin_ns(), right->begin_ns());
    EXPECT_EQ(wrong->frames(), right->frames());
    for (auto& row : boards[1].rows) row.anchors.clear(), row.started = {least};
    const auto lost = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    ASSERT_TRUE(lost);
    EXPECT_TRUE(lost->tracks[1].lives.empty()) << "it lies in 1970, and nowhere";
    EXPECT_EQ(lost->tracks[1].unplaced, 50 * 48'000);
    EXPECT_NEAR(static_cast<double>(lost->frames()), 50 * 48'000, 48);
}

TEST(RecordingTime, AWrongTimeZoneIsNoWrongDate) {
    Random random(4);
    std::vector<Board> boards{{{0, 0}}, {{0, 0}}};
    boards[0].record(random, 10, 60, {{1, 0, 1e9, -1e6}});
    boards[1].record(random, 20, 50, {});
    for (auto& row : boards[1].rows) row.started = row.started - std::chrono::hours(12);
    const auto time = recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows});
    ASSERT_TRUE(time);
    EXPECT_EQ(time->tracks[1].lives.size(), 1u);
    EXPECT_EQ(time->tracks[1].unplaced, 0);
    for (auto& row : boards[1].rows) row.started = row.started - std::chrono::hours(13);
    EXPECT_EQ(recording_time(std::vector<Rows>{boards[0].rows, boards[1].rows})->tracks[1].unplaced, 30 * 48'000);
}

TEST(RecordingTime, WithoutAnyRowThereIsNothingAndWithoutAnchorsItIsWallTime) {
    const auto none = recording_time(std::vector<Rows>{{}});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->tracks[0].lives.empty());
    EXPECT_EQ(none->begin_ns(), none->end_ns());
    Random random(5);
    Board board{{0, 0}};
    board.record(random, 1, 11, {});
    const auto time = recording_time(std::vector<Rows>{board.rows});
    ASSERT_TRUE(time);
    EXPECT_EQ(time->incarnation, 0U);
    EXPECT_NEAR(static_cast<double>(time->begin_ns() - wall_minus_true), 1e9, 1000);
}

TEST(RecordingTime, AClockThatJumpedByYearsMovesNothing) {
    Random random(6);
    Board board{{0, 0}};
    board.record(random, 0, 30, {{}});
    board.rows[1].anchors[3].cluster_ns += 86'400'000'000'000'000;
    const auto time = recording_time(std::vector<Rows>{board.rows});
    ASSERT_TRUE(time);
    EXPECT_NEAR(static_cast<double>(time->end_ns() - time->begin_ns()), 30e9, 3000);
}

}  // namespace
}  // namespace antiphon::media
