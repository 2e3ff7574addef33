// What was heard, for people and for programs.
#pragma once

#include <string>

#include "apps/ruler/mics/mic_report.hpp"

namespace antiphon::ruler {

// A table and the verdict. Pure.
std::string as_text(const HearingReport& report);

// One JSON object, ended by a newline: {v, within_limits, faults, common_lag_us, mics: [{name, windows, gap_frames,
// residual_db, speakers: [{name, distance_m, expected_ms, lag_us, level_db, windows, missing}]}]}. Pure.
std::string as_json(const HearingReport& report);

}  // namespace antiphon::ruler
