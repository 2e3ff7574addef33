// Laws of damage: what cannot be read is a gap, to the frame, and nothing else is.
#include "media/recording/segment_damage.hpp"

#include <gtest/gtest.h>

#include "media/recording/segment_check.hpp"

namespace antiphon::media {
namespace {

SegmentRow row() {
    SegmentRow row{.number = 3, .life = 1, .first = 1000, .frames = 10'000, .closed = true};
    row.sha256 = std::string(64, 'a');
    row.gaps = {{900, 100, "late"}, {4000, 50, "late"}, {8000, 50, "late"}};
    return row;
}

TEST(SegmentDamage, WhatCannotBeReadIsAGap) {
    const auto damaged = with_damage(row(), {3020, {}});
    EXPECT_EQ(damaged.frames, 10'000) << "it was so long, and is";
    EXPECT_EQ(damaged.gaps,
              (std::vector<SegmentGap>{{900, 100, "late"}, {4000, 20, "late"}, {4020, 6980, segment_damaged}}));
    EXPECT_TRUE(is_damaged(damaged));
    EXPECT_FALSE(is_damaged(row()));
    EXPECT_TRUE(check_row(damaged));
}

TEST(SegmentDamage, OnceMoreItOnlyGrows) {
    const auto once = with_damage(row(), {6000, {}}), twice = with_damage(once, {2000, {}});
    EXPECT_EQ(twice.gaps, (std::vector<SegmentGap>{{900, 100, "late"}, {3000, 8000, segment_damaged}}));
    EXPECT_EQ(once.note, twice.note) << "it is said once";
}

TEST(SegmentDamage, WhatIsBehindItStays) {
    const auto damaged = with_damage(row(), {10'000, {{0, 500}, {2900, 120}, {3040, 100}, {6000, 1000}}});
    EXPECT_EQ(damaged.gaps, (std::vector<SegmentGap>{{900, 100, "late"},
                                                     {1000, 500, segment_damaged},
                                                     {3900, 120, segment_damaged},
                                                     {4020, 20, "late"},
                                                     {4040, 100, segment_damaged},
                                                     {7000, 1000, segment_damaged},
                                                     {8000, 50, "late"}}));
    EXPECT_EQ(damaged_frames(damaged), 1720);
    EXPECT_EQ(frames_in_file(damaged), 10'000);
    EXPECT_TRUE(check_row(damaged));
}

TEST(SegmentDamage, AGapAroundItIsTwo) {
    auto long_gap = row();
    long_gap.gaps = {{2000, 5000, "late"}};
    EXPECT_EQ(with_damage(long_gap, {10'000, {{2000, 100}}}).gaps,
              (std::vector<SegmentGap>{{2000, 1000, "late"}, {3000, 100, segment_damaged}, {3100, 3900, "late"}}));
}

TEST(SegmentDamage, WhatTheFileNeverHeldIsNoDamage) {
    auto unplugged = row();
    unplugged.gaps = {{9000, 2000, "unplugged"}};
    EXPECT_EQ(with_damage(unplugged, {8000, {}}).gaps, unplugged.gaps);
}

TEST(SegmentDamage, TheFileHoldsWhatIsNoGapUpToTheEnd) {
    EXPECT_EQ(frames_in_file(row()), 10'000);
    EXPECT_EQ(frames_in_file(with_damage(row(), {3020, {}})), 3020);
    EXPECT_EQ(frames_in_file(with_damage(row(), {})), 0);
    EXPECT_EQ(frames_in_file({}), 0);
}

TEST(SegmentDamage, AllOfItCanBeReadOrNothing) {
    auto whole = row();
    whole.note = "cut short";
    EXPECT_EQ(with_damage(whole, {10'000, {}}).gaps, row().gaps);
    EXPECT_EQ(with_damage(whole, {99'999, {}}).note, std::string("cut short; ") + segment_damaged);
    EXPECT_EQ(with_damage(row(), {}).gaps,
              (std::vector<SegmentGap>{{900, 100, "late"}, {1000, 10'000, segment_damaged}}));
}

}  // namespace
}  // namespace antiphon::media
