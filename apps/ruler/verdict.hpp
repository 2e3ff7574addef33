// What is wrong with a measurement, in words.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/ruler/report.hpp"

namespace antiphon::ruler {

// Each fault in a few words that name the speaker, such as "hall/left is 5.0 ms late"; the worst of a kind first, none
// when all is well. Pure.
std::vector<std::string> faults_of(const Report& report, const Limits& limits);

// One sentence. Pure.
std::string verdict_of(const Report& report, const Limits& limits, std::span<const std::string> faults);

// "12.3 us", "5.0 ms", "1.20 s". Pure.
std::string duration_words(double us);

}  // namespace antiphon::ruler
