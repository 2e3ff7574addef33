// Laws of the page: every line is of the exposition format, whatever the values; no family grows without bound.
#include "adapters/metrics/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>
#include <set>
#include <sstream>

namespace antiphon::metrics {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// Of prometheus.io/docs/instrumenting/exposition_formats: HELP, then TYPE, then only samples of that family.
void expect_exposition_format(const std::string& text) {
    static const std::regex help(R"(# HELP ([a-z_]+) [^\n]+)");
    static const std::regex type(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
    static const std::regex sample(
        R"re(([a-z_]+)(\{[a-z_]+="([^"\\\n]|\\\\|\\"|\\n)*"(,[a-z_]+="([^"\\\n]|\\\\|\\"|\\n)*")*\})? ([-+0-9.e]+|[+-]Inf|Nan))re");
    std::set<std::string> seen;
    std::string family;
    ASSERT_TRUE(text.ends_with('\n'));
    for (const auto& line : lines_of(text)) {
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            family = match[1];
            EXPECT_TRUE(seen.insert(family).second) << line;
        } else if (std::regex_match(line, match, type)) {
            EXPECT_EQ(match[1], family) << line;
        } else {
            ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
            EXPECT_TRUE(match[1].str().starts_with(family)) << line;
        }
    }
}

TEST(Page, IsOfTheExpositionFormatWhateverTheLabelsHold) {
    Page page;
    page.counter("a_total", "What a counts.", {{3, {{"worker", "a\"b\\c\nd"}}}, {1e15, {{"worker", "plain"}}}});
    page.gauge("b_seconds", "How long b is.", -0.25);
    page.gauge("c", "Nothing yet.", Samples{});
    const auto text = page.text();
    expect_exposition_format(text);
    EXPECT_THAT(text, HasSubstr("a_total{worker=\"a\\\"b\\\\c\\nd\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("a_total{worker=\"plain\"} 1000000000000000\n"));
    EXPECT_THAT(text, HasSubstr("b_seconds -0.25\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE c gauge\n"));
}

TEST(Page, CountersBeyondAMillionKeepEveryDigit) {
    Page page;
    page.counter("a_total", "What a counts.", std::uint64_t{1} << 53);
    EXPECT_THAT(page.text(), HasSubstr("a_total 9007199254740992\n"));
}

TEST(Page, AHistogramIsCumulativeAndEndsWithAll) {
    Durations durations;
    for (const auto took : {milliseconds(0), milliseconds(3), milliseconds(3), milliseconds(20'000)})
        durations.observe(took);
    Page page;
    page.histogram("d_seconds", "How long d took.", {{&durations, {{"route", "/v1/x/{id}"}}}});
    const auto text = page.text();
    expect_exposition_format(text);
    EXPECT_THAT(text, HasSubstr("d_seconds_bucket{route=\"/v1/x/{id}\",le=\"0.001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("d_seconds_bucket{route=\"/v1/x/{id}\",le=\"0.005\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("d_seconds_bucket{route=\"/v1/x/{id}\",le=\"10\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("d_seconds_bucket{route=\"/v1/x/{id}\",le=\"+Inf\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("d_seconds_count{route=\"/v1/x/{id}\"} 4\n"));
}

TEST(Page, AFamilyHoldsNoMoreSamplesThanItMayAndSaysSo) {
    Samples many;
    for (int i = 0; i < 7; ++i) many.push_back({1, {{"worker", std::to_string(i)}}});
    Page page(5);
    page.gauge("a", "Each worker.", many);
    const auto text = page.text();
    EXPECT_THAT(text, HasSubstr("a{worker=\"4\"} 1\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("a{worker=\"5\"}")));
    EXPECT_THAT(text, HasSubstr("antiphon_metrics_samples_dropped 2\n"));
}

}  // namespace
}  // namespace antiphon::metrics
