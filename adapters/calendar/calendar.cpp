// Local times are those of the rule; the library knows what moment each is.
#include "adapters/calendar/calendar.hpp"

#include <date/tz.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/number.hpp"

namespace antiphon::calendar {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::int64_t seconds_a_day = 86'400;
constexpr int first_year = 1970, last_year = 2199;
constexpr std::int64_t last_ns = 7'258'118'400'000'000'000;  // the end of the last year

Error invalid(std::string what) { return {ErrorCode::invalid, std::move(what)}; }

core::Result<const date::time_zone*> zone_of(const core::CalendarRule& rule) {
    const auto shown = rule.zone.substr(0, 40);
    const bool plain = !rule.zone.empty() && std::all_of(rule.zone.begin(), rule.zone.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
    });
    if (!plain) return invalid("'" + shown + "' is no time zone; write one like Europe/Berlin, or UTC");
    try {
        return date::locate_zone(rule.zone);
    } catch (const std::runtime_error&) {
        return invalid("the time zone '" + shown + "' is not known here; write one like Europe/Berlin, or UTC");
    }
}

core::Result<date::local_days> day_of(const std::string& text) {
    std::istringstream in(text);
    date::year_month_day day;
    in >> date::parse("%Y-%m-%d", day);
    const bool whole = text.size() == 10 && !in.fail() && in.peek() == std::istringstream::traits_type::eof();
    if (!whole || !day.ok()) return invalid("'" + text.substr(0, 40) + "' is no date; write one like 2026-12-24");
    if (day.year() < date::year{first_year} || day.year() > date::year{last_year})
        return invalid("the year of '" + text + "' is not between 1970 and 2199");
    return date::local_days{day};
}

core::WallTime moment_of(const date::time_zone& zone, date::local_days day, std::int64_t second_of_day) {
    const auto time = zone.to_sys(day + std::chrono::seconds{second_of_day}, date::choose::earliest);
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count()};
}

bool is_day(const core::CalendarRule& rule, date::local_days day) {
    const auto weekday = static_cast<core::Weekday>(date::weekday{day}.iso_encoding() - 1);
    return std::find(rule.days.begin(), rule.days.end(), weekday) != rule.days.end();
}

}  // namespace

std::string local_zone() {
    try {
        const auto* zone = date::current_zone();
        return zone ? zone->name() : "UTC";
    } catch (const std::runtime_error&) {
        return "UTC";
    }
}

core::Result<std::int64_t> parse_time_of_day(std::string_view text) {
    const auto wrong = invalid("'" + std::string(text.substr(0, 40)) + "' is no time of day; write one like 20:00");
    if (text.size() != 5 && text.size() != 8) return wrong;
    constexpr std::array<std::pair<std::uint32_t, std::int64_t>, 3> units{{{24, 3600}, {60, 60}, {60, 1}}};
    std::int64_t second_of_day = 0;
    for (std::size_t i = 0; 3 * i < text.size(); ++i) {
        const auto [bound, seconds] = units[i];
        const auto part = core::number_of<std::uint32_t>(text.substr(3 * i, 2));
        if (!part || *part >= bound || (i > 0 && text[3 * i - 1] != ':')) return wrong;
        second_of_day += *part * seconds;
    }
    return second_of_day;
}

std::string time_of_day_text(std::int64_t second_of_day) {
    char text[16];
    const auto part = [&](std::int64_t unit, std::int64_t of) { return static_cast<int>(second_of_day / unit % of); };
    std::snprintf(text, sizeof text, part(1, 60) ? "%02d:%02d:%02d" : "%02d:%02d", part(3600, 24), part(60, 60),
                  part(1, 60));
    return text;
}

core::Result<void> check(const core::CalendarRule& rule) {
    if (const auto zone = zone_of(rule); !zone) return zone.error();
    if (rule.second_of_day < 0 || rule.second_of_day >= seconds_a_day)
        return invalid("second " + std::to_string(rule.second_of_day) + " is none of a day");
    if (rule.date && !rule.days.empty()) return invalid("write a date or days of the week, not both");
    if (!rule.date && rule.days.empty()) return invalid("write a date, or the days of the week");
    if (!rule.date) return {};
    const auto day = day_of(*rule.date);
    return day ? core::Result<void>() : day.error();
}

core::Result<std::optional<core::WallTime>> next(const core::CalendarRule& rule, core::WallTime after) {
    using Next = std::optional<core::WallTime>;
    if (const auto checked = check(rule); !checked) return checked.error();
    const auto& zone = **zone_of(rule);
    if (rule.date) {
        const auto moment = moment_of(zone, *day_of(*rule.date), rule.second_of_day);
        return moment > after ? Next(moment) : Next();
    }
    const core::WallTime from{std::max<std::int64_t>(after.ns, 0)};
    const date::sys_time<std::chrono::nanoseconds> then{std::chrono::nanoseconds{std::min(from.ns, last_ns)}};
    const auto today = date::floor<date::days>(zone.to_local(date::floor<std::chrono::seconds>(then)));
    // One before, for clocks are set; a week and one after, for what is skipped today.
    for (auto day = today - date::days{1}; day <= today + date::days{8}; day += date::days{1}) {
        if (!is_day(rule, day)) continue;
        if (const auto moment = moment_of(zone, day, rule.second_of_day); moment > from) return Next(moment);
    }
    return Next();
}

}  // namespace antiphon::calendar
