// Laws of the picture: each output has its line at the places that its numbers say, and nobody's name breaks it.
#include "apps/cli/sync_plot.hpp"

#include <gtest/gtest.h>

namespace antiphon::cli {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

TEST(SyncPlot, EachOutputHasALineABandAndAName) {
    const auto svg = sync_plot(
        {{"hall/left", {{0, 1'000, 5'000}, {10, -2'000, 5'000}}}, {"foyer/left", {{0, 0, 2'000}, {10, 500, 1'000}}}},
        "Sync of 2 outputs");
    EXPECT_TRUE(svg.starts_with("<svg "));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_EQ(count(svg, "<polyline"), 2U);
    EXPECT_EQ(count(svg, "<polygon"), 2U);
    for (const auto* text : {">hall/left<", ">foyer/left<", ">Sync of 2 outputs<", ">seconds<", ">late, µs<"})
        EXPECT_EQ(count(svg, text), 1U) << text;
}

TEST(SyncPlot, ZeroIsInTheMiddleAndLateIsAbove) {
    // From 50 to 430 down, from 80 to 740 across; the largest value with its bound is 10 us, and a tenth is left free.
    const auto svg = sync_plot({{"a", {{0, 0, 0}, {5, 10'000, 0}, {10, -10'000, 0}}}}, "t");
    EXPECT_EQ(count(svg, "points=\"80.0,240.0 410.0,67.3 740.0,412.7 \""), 1U) << svg;
}

TEST(SyncPlot, UnitsSuitWhatIsToBeSeen) {
    EXPECT_EQ(count(sync_plot({{"a", {{0, 3'000'000, 0}}}}, "t"), ">late, ms<"), 1U);
    EXPECT_EQ(count(sync_plot({{"a", {{0, 3'000'000'000, 0}}}}, "t"), ">late, s<"), 1U);
}

TEST(SyncPlot, NamesAreTextWhateverTheyHold) {
    const auto svg = sync_plot({{"<script>&\"", {{0, 0, 0}}}}, "a < b");
    EXPECT_EQ(count(svg, "<script>"), 0U);
    EXPECT_EQ(count(svg, "&lt;script&gt;&amp;&quot;"), 1U);
    EXPECT_EQ(count(svg, "a &lt; b"), 1U);
}

TEST(SyncPlot, NothingIsAPictureToo) {
    EXPECT_TRUE(sync_plot({}, "t").ends_with("</svg>\n"));
    EXPECT_EQ(count(sync_plot({{"a", {}}}, "t"), "nan"), 0U);
}

TEST(SyncPlot, ManyOutputsKeepTheirColoursInside) {
    std::map<std::string, std::vector<SyncPoint>> many;
    for (int i = 0; i < 200; ++i) many["output " + std::to_string(i)] = {{0, i, 0}, {1, i, 0}};
    EXPECT_EQ(count(sync_plot(many, "t"), "<polyline"), 200U);
}

}  // namespace
}  // namespace antiphon::cli
