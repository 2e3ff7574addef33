// Laws of what the ruler writes: all of the report is in it, and what is unknown is empty.
#include "apps/ruler/print.hpp"

#include <gmock/gmock.h>

namespace antiphon::ruler {
namespace {

using testing::HasSubstr;
using testing::Not;

Report some_report() {
    const std::vector<SpeakerWindow> good(3, {Match::matched, 0, -20});
    std::vector<SpeakerWindow> late(3, {Match::matched, 12.5, -20});
    late[1].match = Match::unmatched;
    return summarise(std::vector<SpeakerTrack>{{"a/x", good}, {"b/x", late}, {"c/x", std::vector<SpeakerWindow>(3)}},
                     {});
}

TEST(Print, TextIsATableAndTheVerdict) {
    const auto text = as_text(some_report());
    EXPECT_THAT(text, HasSubstr("a/x"));
    EXPECT_THAT(text, HasSubstr("12.50"));
    EXPECT_THAT(text, HasSubstr("silent\n"));
    EXPECT_TRUE(text.ends_with("c/x is silent\n")) << text;
}

TEST(Print, JsonNamesEverythingWithItsUnit) {
    const auto json = as_json(some_report());
    EXPECT_THAT(json, HasSubstr(R"("v":1,"windows":3,"unheard_windows":0,"median_speaker":"a/x")"));
    EXPECT_THAT(json, HasSubstr(R"("within_limits":false,"verdict":"c/x is silent")"));
    EXPECT_THAT(json, HasSubstr(R"({"name":"b/x","silent":false,"audible_windows":3,"matched_windows":2)"));
    EXPECT_THAT(json, HasSubstr(R"("name":"c/x","silent":true)"));
    EXPECT_THAT(json, HasSubstr(R"("others_windows":3,"missed_windows":3,"course":"...")"));
    EXPECT_THAT(json, HasSubstr(R"("course":"m?m")"));
    EXPECT_THAT(json, Not(HasSubstr("-2E2")));
    EXPECT_TRUE(json.ends_with("}\n"));
}

TEST(Print, CsvHasALineAWindowAndEmptyFieldsForTheUnknown) {
    EXPECT_EQ(as_csv(some_report(), 0.1),
              "seconds,a/x,b/x,c/x\n"
              "0.000,0.000,12.500,\n"
              "0.100,0.000,,\n"
              "0.200,0.000,12.500,\n");
}

}  // namespace
}  // namespace antiphon::ruler
