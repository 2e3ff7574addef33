// When rules of the calendar come true, by the system's time zone database (tzdata), through Howard Hinnant's library.
// The database is read when it is first asked for, a zone when it is first named: milliseconds. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/rows.hpp"

namespace antiphon::calendar {

// The zone that this machine is set to; "UTC" where that cannot be told.
std::string local_zone();

// "20:00" or "20:00:30", as a second of the day; `invalid` says what is wrong.
core::Result<std::int64_t> parse_time_of_day(std::string_view text);
// The other way round; seconds only where there are some.
std::string time_of_day_text(std::int64_t second_of_day);

// `invalid` names the zone, date or time that there is not, or that there is no day.
core::Result<void> check(const core::CalendarRule& rule);

// The first time after `after`, from 1970 to 2199; nothing: never again. What clocks skip that day (they are set
// forward) is the moment when they do; of what they show twice it is the first. The same errors as check().
core::Result<std::optional<core::WallTime>> next(const core::CalendarRule& rule, core::WallTime after);

}  // namespace antiphon::calendar
