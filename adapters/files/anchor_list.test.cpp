// Laws of the anchors of a long recording: their number is bounded, the first stays, and no stretch is without.
#include "adapters/files/anchor_list.hpp"

#include <gtest/gtest.h>

namespace antiphon::files {
namespace {

constexpr core::FrameCount hour = 3600 * core::FrameCount{core::cluster_rate};

void record(AnchorList& list, core::FrameCount from, core::FrameCount to) {
    for (core::FrameCount frame = from; frame < to; frame += 480)
        if (list.due(frame)) list.add({frame, frame * 3, 7});
}

TEST(AnchorList, StaysWithinItsBoundAndSpreadEvenly) {
    AnchorList list;
    for (int h = 0; h < 30; ++h) {
        record(list, h * hour, (h + 1) * hour);
        const auto& all = list.all();
        ASSERT_LE(all.size(), AnchorList::anchors_max);
        ASSERT_GT(all.size(), AnchorList::anchors_max / 4);
        ASSERT_EQ(all.front().frame, 0);
        for (std::size_t i = 1; i < all.size(); ++i)
            ASSERT_EQ(all[i].frame - all[i - 1].frame, list.step_frames()) << "hour " << h << " anchor " << i;
        ASSERT_GE(all.back().frame, (h + 1) * hour - list.step_frames());
    }
    EXPECT_EQ(list.step_frames(), 32 * core::FrameCount{core::cluster_rate});
    EXPECT_EQ(list.all().back().cluster_ns, list.all().back().frame * 3);
}

TEST(AnchorList, HasEachHalfSecondOfAShortRecording) {
    AnchorList list;
    record(list, 0, 10 * core::cluster_rate);
    EXPECT_EQ(list.all().size(), 20U);
    list.clear();
    EXPECT_TRUE(list.due(10 * core::cluster_rate));
}

TEST(AnchorList, StartsAfreshWithAnotherClock) {
    AnchorList list;
    record(list, 0, 2 * hour);
    ASSERT_GT(list.step_frames(), AnchorList::first_step_frames);
    list.clear();
    EXPECT_TRUE(list.all().empty());
    EXPECT_EQ(list.step_frames(), AnchorList::first_step_frames);
    record(list, 2 * hour, 2 * hour + 48'000);
    EXPECT_EQ(list.all().size(), 2U);
}

}  // namespace
}  // namespace antiphon::files
