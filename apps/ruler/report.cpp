// Statistics over windows.
#include "apps/ruler/report.hpp"

#include <algorithm>
#include <cmath>

#include "apps/ruler/verdict.hpp"

namespace antiphon::ruler {
namespace {

using Tracks = std::span<const SpeakerTrack>;

double quantile(std::span<const double> sorted, double share) {
    if (sorted.empty()) return 0;
    const double rank = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return quantile(values, 0.5);
}

Spread spread_of(std::vector<double> values) {
    for (double& value : values) value = std::abs(value);
    std::sort(values.begin(), values.end());
    return {values.size(), quantile(values, 0.5), quantile(values, 0.95), quantile(values, 0.99), quantile(values, 1)};
}

std::optional<double> lag_us(const SpeakerWindow& window) {
    if (window.match != Match::matched) return std::nullopt;
    return window.lag_us;
}

bool sounds(const SpeakerWindow& window) { return window.match != Match::silent && window.match != Match::unheard; }

std::vector<double> lags_in_window(Tracks tracks, std::size_t window) {
    std::vector<double> lags;
    for (const auto& track : tracks)
        if (const auto lag = lag_us(track.windows[window])) lags.push_back(*lag);
    return lags;
}

// The speaker in the middle of all over the whole measurement. One speaker, not the middle of each window: else of two
// speakers each would look only half as wrong as it is.
std::optional<std::size_t> median_speaker(Tracks tracks, std::size_t windows) {
    std::vector<std::vector<double>> from_middle(tracks.size());
    for (std::size_t w = 0; w < windows; ++w) {
        const auto lags = lags_in_window(tracks, w);
        if (lags.size() < 2) continue;
        const double middle = median(lags);
        for (std::size_t i = 0; i < tracks.size(); ++i)
            if (const auto lag = lag_us(tracks[i].windows[w])) from_middle[i].push_back(*lag - middle);
    }
    std::vector<std::pair<double, std::size_t>> places;
    for (std::size_t i = 0; i < tracks.size(); ++i)
        if (!from_middle[i].empty()) places.emplace_back(median(from_middle[i]), i);
    if (places.empty()) return std::nullopt;
    std::sort(places.begin(), places.end());
    return places[(places.size() - 1) / 2].second;
}

std::vector<std::optional<double>> skew_of(const SpeakerTrack& track, const SpeakerTrack& middle) {
    std::vector<std::optional<double>> skew(track.windows.size());
    for (std::size_t w = 0; w < skew.size(); ++w) {
        const auto here = lag_us(track.windows[w]);
        const auto there = lag_us(middle.windows[w]);
        if (here && there) skew[w] = *here - *there;
    }
    return skew;
}

Spread spread_of_pairs(Tracks tracks, std::size_t windows) {
    std::vector<double> differences;
    for (std::size_t w = 0; w < windows; ++w) {
        const auto lags = lags_in_window(tracks, w);
        for (std::size_t i = 0; i < lags.size(); ++i)
            for (std::size_t j = i + 1; j < lags.size(); ++j) differences.push_back(lags[j] - lags[i]);
    }
    return spread_of(std::move(differences));
}

SpeakerReport describe(const SpeakerTrack& track) {
    SpeakerReport report{.name = track.name};
    double power = 0;
    for (const auto& window : track.windows) {
        report.course += letter(window.match);
        if (!sounds(window)) continue;
        ++report.audible_windows;
        report.matched_windows += window.match == Match::matched;
        report.ambiguous_windows += window.match == Match::ambiguous;
        power += std::pow(10, window.level_dbfs / 10);
    }
    if (!report.silent()) report.level_dbfs = 10 * std::log10(power / static_cast<double>(report.audible_windows));
    return report;
}

// Where a speaker was silent though it should have sounded: where another one did.
void add_missed(SpeakerReport& report, std::size_t speaker, Tracks tracks) {
    for (std::size_t w = 0; w < tracks[speaker].windows.size(); ++w) {
        const auto sounds_then = [w](const auto& track) { return sounds(track.windows[w]); };
        const bool here = sounds_then(tracks[speaker]);
        if (std::count_if(tracks.begin(), tracks.end(), sounds_then) == here) continue;
        ++report.others_windows;
        report.missed_windows += !here;
    }
}

void add_skew(SpeakerReport& report, const std::vector<std::optional<double>>& skew) {
    std::vector<double> known;
    for (const auto& value : skew)
        if (value) known.push_back(*value);
    report.skew = spread_of(known);
    report.signed_median_us = median(std::move(known));
}

}  // namespace

char letter(Match match) {
    switch (match) {
        case Match::silent:
            return '.';
        case Match::unheard:
            return 'x';
        case Match::matched:
            return 'm';
        case Match::unmatched:
            return '?';
        case Match::ambiguous:
            return '~';
    }
    return ' ';
}

Report summarise(Tracks tracks, const Limits& limits) {
    Report report;
    report.windows = tracks.empty() ? 0 : tracks.front().windows.size();
    for (std::size_t w = 0; w < report.windows; ++w)
        report.unheard_windows += std::any_of(
            tracks.begin(), tracks.end(), [w](const auto& track) { return track.windows[w].match == Match::unheard; });
    const auto middle = median_speaker(tracks, report.windows);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const auto& track = tracks[i];
        report.speakers.push_back(describe(track));
        add_missed(report.speakers.back(), i, tracks);
        report.skew_us.push_back(middle ? skew_of(track, tracks[*middle])
                                        : std::vector<std::optional<double>>(report.windows));
        add_skew(report.speakers.back(), report.skew_us.back());
    }
    if (middle) report.median_speaker = tracks[*middle].name;
    report.pairs = spread_of_pairs(tracks, report.windows);
    const auto faults = faults_of(report, limits);
    report.within_limits = faults.empty();
    report.verdict = verdict_of(report, limits, faults);
    return report;
}

}  // namespace antiphon::ruler
