// Laws of lower envelopes: the hull is the hull, whatever the order; the slope is found, and stays modest without data.
#include "media/envelope.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace antiphon::media {
namespace {

std::vector<EnvelopePoint> plain_hull(std::vector<EnvelopePoint> points) {
    std::sort(points.begin(), points.end(), [](auto& a, auto& b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    std::vector<EnvelopePoint> hull;
    for (const auto& p : points) {
        if (!hull.empty() && hull.back().x == p.x) continue;
        while (hull.size() >= 2) {
            const auto &a = hull[hull.size() - 2], &b = hull.back();
            if ((b.y - a.y) * (p.x - a.x) < (p.y - a.y) * (b.x - a.x)) break;
            hull.pop_back();
        }
        hull.push_back(p);
    }
    return hull;
}

void expect_same(std::span<const EnvelopePoint> hull, const std::vector<EnvelopePoint>& expected) {
    ASSERT_EQ(hull.size(), expected.size());
    for (std::size_t i = 0; i < hull.size(); ++i) {
        EXPECT_EQ(hull[i].x, expected[i].x);
        EXPECT_EQ(hull[i].y, expected[i].y);
    }
}

TEST(LowerEnvelope, IsTheConvexHullOfAllPointsInWhateverOrderTheyCome) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        std::vector<EnvelopePoint> points;
        for (int i = 0; i < 120; ++i)
            points.push_back({static_cast<double>(random() % 80) / 10, static_cast<double>(random() % 1000)});
        LowerEnvelope envelope(1.0, 8);
        for (const auto& p : points) ASSERT_TRUE(envelope.add(p.x, p.y) || p.x < 0);
        std::erase_if(points, [](auto& p) { return p.x < 0; });
        expect_same(envelope.hull(), plain_hull(points));
        EXPECT_EQ(envelope.count(), 120);
        EXPECT_EQ(envelope.dropped(), 0);
    }
}

TEST(LowerEnvelope, KeepsAsManyOfItsNewestBlocksAsItIsToldTo) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        LowerEnvelope changing(1.0, 8), always(1.0, 3);
        changing.keep(3);
        for (int i = 0; i < 150; ++i) {
            const EnvelopePoint p{i * 0.1, static_cast<double>(random() % 1000)};
            ASSERT_TRUE(changing.add(p.x, p.y) && always.add(p.x, p.y));
        }
        const auto hull = always.hull();
        expect_same(changing.hull(), {hull.begin(), hull.end()});
        EXPECT_EQ(changing.count(), 30);
        EXPECT_EQ(changing.blocks(), 3);
        EXPECT_EQ(changing.mean_x(), always.mean_x());
        EXPECT_EQ(changing.spread(), always.spread());
        EXPECT_EQ(changing.median_height(0, 0, 1), always.median_height(0, 0, 1));
        changing.keep(8);
        EXPECT_EQ(changing.count(), 80) << "what was left out is there still";
        EXPECT_NEAR(changing.hull().front().x, 7, 1e-9);
    }
}

TEST(LowerEnvelope, ForgetsWholeBlocksThatLeaveTheWindow) {
    LowerEnvelope envelope(1.0, 4);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(envelope.add(i * 0.1, i < 5 ? -1000 : i % 7));
    EXPECT_EQ(envelope.hull().front().x, 6.0);
    EXPECT_EQ(envelope.count(), 40);
    EXPECT_FALSE(envelope.add(5.9, 0));
    EXPECT_TRUE(envelope.add(6.05, -3));
    ASSERT_TRUE(envelope.add(1e6, 0));  // far later: everything else is gone
    EXPECT_EQ(envelope.count(), 1);
    EXPECT_EQ(envelope.hull().size(), 1U);
}

TEST(LowerEnvelope, KeepsItsBoundWhenEveryPointIsAVertex) {
    LowerEnvelope envelope(1000.0, 1, 16);
    for (int i = 0; i < 900; ++i) envelope.add(i, 1e-3 * (i - 450) * (i - 450));
    EXPECT_EQ(envelope.hull().size(), 16U);
    EXPECT_EQ(envelope.dropped(), 900 - 16);
}

TEST(LowerEnvelope, SpreadIsTheTypicalHeightAndOutliersCountLittle) {
    std::mt19937 random(7);
    std::exponential_distribution<> wait(1 / 100.0);
    LowerEnvelope plain(1e9, 1), frozen(1e9, 1);
    for (int i = 0; i < 4000; ++i) {
        const double y = wait(random);
        plain.add(i, y);
        frozen.add(i, i % 100 == 0 ? y + 100'000 : y);
    }
    EXPECT_NEAR(plain.spread(), 100, 10);
    EXPECT_LT(frozen.spread(), 1000);  // their mean would be 1100
}

TEST(CommonSlope, IsSharedByTwoDirectionsAndStaysAtThePriorWithoutData) {
    EXPECT_NEAR(common_slope({}, {}), 0, 1e-12);
    std::mt19937 random(3);
    std::uniform_real_distribution<> wait(0, 1000);
    LowerEnvelope there(1e9, 30), back(1e9, 30);
    for (int i = 0; i < 1500; ++i) {
        const double x = i * 20e6;
        there.add(x, wait(random) + 40e-6 * x);
        back.add(x, wait(random) - 40e-6 * x);
    }
    const EnvelopeSide sides[] = {{there.hull(), there.mean_x(), 1.5, 1}, {back.hull(), back.mean_x(), 1.5, -1}};
    EXPECT_NEAR(common_slope(sides, {}), 40e-6, 1e-9);
    LowerEnvelope few(1e9, 30);
    few.add(0, 0);
    few.add(20e6, 3e6);  // 15 % would be absurd
    const EnvelopeSide side[] = {{few.hull(), few.mean_x(), 2 / 3e6, 1}};
    EXPECT_LT(common_slope(side, {}), 1e-6);
}

}  // namespace
}  // namespace antiphon::media
