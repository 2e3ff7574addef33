// A report for people, for programs and for plots.
#pragma once

#include <string>

#include "apps/ruler/report.hpp"

namespace antiphon::ruler {

// A table and the verdict. Pure.
std::string as_text(const Report& report);

// One JSON object, ended by a newline: {v, windows, median_speaker, pairs, within_limits, verdict, speakers: [...]};
// numbers in the unit their name says. Pure.
std::string as_json(const Report& report);

// Seconds since the first window and each speaker's skew against the median speaker in us, one line a window, a field
// empty where it could not be told. `hop_s`: from window to window. Pure.
std::string as_csv(const Report& report, double hop_s);

}  // namespace antiphon::ruler
