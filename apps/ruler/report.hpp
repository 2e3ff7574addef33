// What many windows say together: how far apart the speakers are, and which of them is off.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/ruler/window.hpp"

namespace antiphon::ruler {

// One speaker over a whole measurement; all speakers have the same number of windows, in the same order.
struct SpeakerTrack {
    std::string name;  // "worker/output"
    std::vector<SpeakerWindow> windows;
};

// Of absolute values, in microseconds.
struct Spread {
    std::size_t count = 0;
    double median_us = 0;
    double p95_us = 0;
    double p99_us = 0;
    double max_us = 0;
};

struct SpeakerReport {
    std::string name;
    Spread skew;                  // against the median speaker
    double signed_median_us = 0;  // positive: late
    std::size_t audible_windows = 0;
    std::size_t matched_windows = 0;
    std::size_t ambiguous_windows = 0;
    std::size_t others_windows = 0;  // in which another speaker sounded
    std::size_t missed_windows = 0;  // of these, silent
    double level_dbfs = -200;        // mean power of the audible windows
    std::string course;              // a letter a window, of what it was: "m" matched, and so on by `letter`

    bool silent() const { return audible_windows == 0; }
};

struct Limits {
    double skew_us = 100;          // of the median of all pairs, and of each speaker's signed median
    bool silence_is_fine = false;  // for rooms in which not everything plays
};

struct Report {
    std::vector<SpeakerReport> speakers;
    std::string median_speaker;       // empty when nothing could be compared
    std::size_t windows = 0;          // of the whole measurement
    std::size_t unheard_windows = 0;  // of these, those that the ruler came too late for: they count for nothing
    Spread pairs;                     // of all pairs in all windows
    bool within_limits = false;
    std::string verdict;  // one sentence, which names what is off
    // Skew against the median speaker, [speaker][window]; nothing where it could not be told.
    std::vector<std::vector<std::optional<double>>> skew_us;
};

// Silent ".", unheard "x", matched "m", unmatched "?", ambiguous "~".
char letter(Match match);

// Pure. Quantiles are those of the nearest rank.
Report summarise(std::span<const SpeakerTrack> tracks, const Limits& limits);

}  // namespace antiphon::ruler
