// Judging a report. What could not be measured is a fault as well: silence must not pass for sync.
#include "apps/ruler/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace antiphon::ruler {
namespace {

std::string number(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string late_or_early(const SpeakerReport& speaker) {
    return speaker.name + " is " + duration_words(std::abs(speaker.signed_median_us)) +
           (speaker.signed_median_us > 0 ? " late" : " early");
}

// Sounds, but could be compared in less than half of the windows in which it did.
bool is_unlike(const SpeakerReport& speaker) {
    return !speaker.silent() && 2 * speaker.matched_windows < speaker.audible_windows;
}

// Silent in more than a twentieth of the windows in which others sounded. One window may be the edge of a sound.
bool has_gaps(const SpeakerReport& speaker) {
    return !speaker.silent() && speaker.missed_windows > 1 && 20 * speaker.missed_windows > speaker.others_windows;
}

std::string gap_words(const SpeakerReport& speaker) {
    return speaker.name + " was silent in " + std::to_string(speaker.missed_windows) + " of " +
           std::to_string(speaker.others_windows) + " windows in which others sounded";
}

std::string unlike_words(const SpeakerReport& speaker) {
    if (2 * speaker.ambiguous_windows >= speaker.audible_windows)
        return speaker.name + " plays something that repeats itself, which has no one lag: play music or noise";
    return speaker.name + " plays something else than the others";
}

void add_off(std::vector<std::string>& faults, const Report& report, const Limits& limits) {
    std::vector<SpeakerReport> off;
    std::copy_if(report.speakers.begin(), report.speakers.end(), std::back_inserter(off),
                 [&](const auto& speaker) { return std::abs(speaker.signed_median_us) > limits.skew_us; });
    std::sort(off.begin(), off.end(),
              [](const auto& a, const auto& b) { return std::abs(a.signed_median_us) > std::abs(b.signed_median_us); });
    for (const auto& speaker : off) faults.push_back(late_or_early(speaker));
}

// The median of all pairs is over the limit, though no speaker is off on the whole: one or more wander.
void add_wandering(std::vector<std::string>& faults, const Report& report, const Limits& limits) {
    if (report.pairs.median_us <= limits.skew_us || report.speakers.empty()) return;
    const auto worst =
        std::max_element(report.speakers.begin(), report.speakers.end(),
                         [](const auto& a, const auto& b) { return a.skew.median_us < b.skew.median_us; });
    faults.push_back("the median of all pairs is " + duration_words(report.pairs.median_us) + ", over " +
                     duration_words(limits.skew_us) + "; " + worst->name + " is the furthest off, by " +
                     duration_words(worst->skew.median_us) + " in the median");
}

}  // namespace

std::string duration_words(double us) {
    if (std::abs(us) < 1e3) return number("%.1f us", us);
    if (std::abs(us) < 1e6) return number("%.1f ms", us * 1e-3);
    return number("%.2f s", us * 1e-6);
}

std::vector<std::string> faults_of(const Report& report, const Limits& limits) {
    const auto audible = std::count_if(report.speakers.begin(), report.speakers.end(),
                                       [](const auto& speaker) { return !speaker.silent(); });
    if (report.speakers.empty()) return {"there is no speaker in the room"};
    if (2 * report.unheard_windows > report.windows)
        return {"only " + std::to_string(report.windows - report.unheard_windows) + " of " +
                std::to_string(report.windows) + " windows were heard: this machine had no time for the ruler"};
    if (audible == 0) return {"no speaker made a sound"};
    std::vector<std::string> faults;
    add_off(faults, report, limits);
    for (const auto& speaker : report.speakers) {
        if (speaker.silent() && !limits.silence_is_fine) faults.push_back(speaker.name + " is silent");
        if (has_gaps(speaker) && !limits.silence_is_fine) faults.push_back(gap_words(speaker));
        if (is_unlike(speaker)) faults.push_back(unlike_words(speaker));
    }
    if (faults.empty()) add_wandering(faults, report, limits);
    if (faults.empty() && report.pairs.count == 0)
        faults.emplace_back("only one speaker made a sound: nothing to compare");
    return faults;
}

std::string verdict_of(const Report& report, const Limits& limits, std::span<const std::string> faults) {
    if (faults.empty())
        return "in sync: the median of all pairs is " + duration_words(report.pairs.median_us) + ", within " +
               duration_words(limits.skew_us);
    std::string sentence;
    for (const auto& fault : faults) sentence += (sentence.empty() ? "" : "; ") + fault;
    return sentence;
}

}  // namespace antiphon::ruler
