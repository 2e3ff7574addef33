// Where marks lie in exported files.
#include "apps/export/marks.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace antiphon::exporting {
namespace {

constexpr std::int64_t second = 1'000'000'000;

ExportManifest from_ten_seconds() {
    ExportManifest manifest;
    manifest.incarnation = 7;
    manifest.origin_ns = 10 * second;
    manifest.started = {1000 * second};
    manifest.frames = 96'000;
    return manifest;
}

TEST(Marks, LieByTheClockOfTheRecording) {
    const auto marks = marks_on_line(
        {{{{7}, 11 * second}, {5}, "later"}, {{{7}, 10 * second + second / 2}, {9}, "first"}}, from_ten_seconds());
    ASSERT_EQ(marks.size(), 2u);
    EXPECT_EQ(marks[0].text, "first");
    EXPECT_EQ(marks[0].frame, 24'000);
    EXPECT_EQ(marks[1].frame, 48'000);
    EXPECT_EQ(marks[1].time, core::WallTime{5});
}

// The coordinator's machine was started anew, or no board knew its clock.
TEST(Marks, OfAnotherClockLieByTheCalendar) {
    auto manifest = from_ten_seconds();
    const Moment mark{{{8}, 3 * second}, {1001 * second}, "here"};
    EXPECT_EQ(marks_on_line({mark}, manifest)[0].frame, 48'000);
    manifest.incarnation = 0;
    EXPECT_EQ(marks_on_line({{{{0}, 3 * second}, {1001 * second}, "here"}}, manifest)[0].frame, 48'000);
}

TEST(Marks, OfAnyTimeAreSomewhere) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
    auto manifest = from_ten_seconds();
    manifest.origin_ns = least;
    const auto marks = marks_on_line({{{{7}, most}, {}, "late"}, {{{8}, 0}, {least}, "early"}}, manifest);
    EXPECT_EQ(marks[0].text, "early");
    EXPECT_GT(marks[1].frame, 0);
}

TEST(Marks, BeforeTheFirstTrackAreLabelsAtItsBeginning) {
    const auto marks = marks_on_line({{{{7}, 9 * second}, {}, "check, check"}, {{{7}, 11 * second}, {}, "\u00c4 go"}},
                                     from_ten_seconds());
    EXPECT_EQ(marks[0].frame, -48'000);
    EXPECT_EQ(label_track(marks),
              "0.000000\t0.000000\tcheck, check\n"
              "1.000000\t1.000000\t\u00c4 go\n");
    EXPECT_EQ(label_track({}), "");
}

}  // namespace
}  // namespace antiphon::exporting
