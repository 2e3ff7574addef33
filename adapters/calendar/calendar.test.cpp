// Summer time, dates and what people mistype. The expected moments are those of the zones' laws.
#include "adapters/calendar/calendar.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace antiphon::calendar {
namespace {

using core::CalendarRule;
using core::ErrorCode;
using core::WallTime;
using core::Weekday;

constexpr WallTime at(std::int64_t unix_seconds) { return {unix_seconds * 1'000'000'000}; }

CalendarRule each_day(const std::string& zone, std::int64_t second_of_day) {
    using enum Weekday;
    return {zone, {}, {mon, tue, wed, thu, fri, sat, sun}, second_of_day};
}

WallTime next_of(const CalendarRule& rule, WallTime after) {
    const auto found = next(rule, after);
    return found && *found ? **found : WallTime{-1};
}

TEST(Calendar, EightInTheEveningIsAnotherMomentInSummer) {
    const auto eight = each_day("Europe/Berlin", 20 * 3600);
    EXPECT_EQ(next_of(eight, at(1'774'634'400)), at(1'774'638'000)) << "Friday 2026-03-27, 19:00 UTC";
    EXPECT_EQ(next_of(eight, at(1'774'638'000)), at(1'774'724'400)) << "the next day";
    EXPECT_EQ(next_of(eight, at(1'774'724'400)), at(1'774'807'200)) << "Sunday: an hour earlier, 18:00 UTC";
}

// 2026-03-29: after 01:59:59 comes 03:00. 2026-10-25: after 02:59:59 comes 02:00 once more.
TEST(Calendar, WhatIsSkippedIsTheMomentOfTheSkipAndWhatIsThereTwiceIsTheFirst) {
    const auto half_past_two = each_day("Europe/Berlin", 2 * 3600 + 1800);
    EXPECT_EQ(next_of(half_past_two, at(1'774'742'400)), at(1'774'746'000));
    EXPECT_EQ(next_of(half_past_two, at(1'774'746'000)), at(1'774'746'000 + 23 * 3600 + 1800)) << "once";
    EXPECT_EQ(next_of(half_past_two, at(1'792'886'400)), at(1'792'888'200));
    EXPECT_EQ(next_of(half_past_two, at(1'792'888'200)), at(1'792'888'200 + 25 * 3600)) << "once";
}

TEST(Calendar, DaysAreThoseOfTheZone) {
    const CalendarRule mondays{"Asia/Tokyo", {}, {Weekday::mon}, 8 * 3600};
    const auto sunday_in_london = at(1'774'810'800);
    EXPECT_EQ(next_of(mondays, sunday_in_london), at(1'774'825'200)) << "Monday 08:00 in Tokyo: Sunday 23:00 UTC";
    EXPECT_EQ(next_of(mondays, at(1'774'825'200)), at(1'774'825'200 + 7 * 86'400));
}

TEST(Calendar, ADateComesOnce) {
    const CalendarRule eve{"UTC", "2026-12-24", {}, 18 * 3600};
    EXPECT_EQ(next_of(eve, at(0)), at(1'798'135'200));
    const auto again = next(eve, at(1'798'135'200));
    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
    EXPECT_EQ(next_of({"UTC", "2028-02-29", {}, 0}, at(0)), at(1'835'395'200));
}

// A date that lies far away: the wall clock of a board without a battery, or somebody's mistake.
TEST(Calendar, AnyClockGetsAnAnswer) {
    for (const WallTime after : {WallTime{std::numeric_limits<std::int64_t>::min()}, at(-4'000'000'000), at(0),
                                 at(9'000'000'000), WallTime{std::numeric_limits<std::int64_t>::max()}})
        EXPECT_TRUE(next(each_day("Europe/Berlin", 0), after)) << after.ns;
    EXPECT_EQ(next_of(each_day("UTC", 3600), at(-4'000'000'000)), at(3600));
    EXPECT_FALSE(*next(each_day("UTC", 3600), WallTime{std::numeric_limits<std::int64_t>::max()}));
}

TEST(Calendar, WhatThereIsNotIsRefusedByItsName) {
    const auto days = each_day("UTC", 0).days;
    for (const auto& [rule, named] :
         std::vector<std::pair<CalendarRule, std::string>>{{{"Europe/Atlantis", {}, days, 0}, "Europe/Atlantis"},
                                                           {{"", {}, days, 0}, "time zone"},
                                                           {{"../../etc/passwd", {}, days, 0}, "../../etc/passwd"},
                                                           {{"UTC", "2026-02-30", {}, 0}, "2026-02-30"},
                                                           {{"UTC", "2026-12-24x", {}, 0}, "2026-12-24x"},
                                                           {{"UTC", "1026-12-24", {}, 0}, "1026"},
                                                           {{"UTC", "24.12.2026", {}, 0}, "24.12.2026"},
                                                           {{"UTC", "", {}, 0}, "no date"},
                                                           {{"UTC", "2026-12-24", days, 0}, "not both"},
                                                           {{"UTC", {}, {}, 0}, "days of the week"},
                                                           {{"UTC", {}, days, 86'400}, "86400"},
                                                           {{"UTC", {}, days, -1}, "-1"}}) {
        const auto refused = next(rule, at(0));
        ASSERT_FALSE(refused) << named;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid);
        EXPECT_NE(refused.error().what.find(named), std::string::npos) << refused.error().what;
    }
}

TEST(Calendar, TimesOfDayAreReadAndWritten) {
    for (const auto& [text, second] : std::vector<std::pair<std::string, std::int64_t>>{
             {"00:00", 0}, {"20:00", 72'000}, {"23:59:59", 86'399}, {"09:05:07", 32'707}}) {
        ASSERT_TRUE(parse_time_of_day(text)) << text;
        EXPECT_EQ(*parse_time_of_day(text), second);
        EXPECT_EQ(time_of_day_text(second), text);
    }
    for (const auto* wrong :
         {"", "8", "8:00", "24:00", "20:60", "20:00:60", "20-00", "20:00:0", "-1:00", "20:+1", "20:00 "})
        EXPECT_FALSE(parse_time_of_day(wrong)) << wrong;
}

TEST(Calendar, TheMachinesOwnZoneIsOne) { EXPECT_TRUE(check(each_day(local_zone(), 0))) << local_zone(); }

}  // namespace
}  // namespace antiphon::calendar
