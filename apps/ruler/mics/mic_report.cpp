// Medians, and what is wrong in words.
#include "apps/ruler/mics/mic_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "adapters/virtual_audio/air.hpp"
#include "apps/ruler/mics/matching.hpp"

namespace antiphon::ruler {
namespace {

constexpr double frame_us = 1e6 / core::cluster_rate;

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const auto half = values.size() / 2;
    return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// `part` of the values are above it.
double top(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>((1 - part) * static_cast<double>(values.size() - 1))];
}

double decibels(double gain) { return 20 * std::log10(std::max(gain, 1e-10)); }

BySpeakerAndMic<Expected> expectations(std::span<const Recording> recordings, std::span<const PlacedSpeaker> speakers) {
    BySpeakerAndMic<Expected> expected;
    for (const auto& recording : recordings) {
        auto& of_mic = expected.emplace_back();
        for (const auto& speaker : speakers) {
            const double distance = virtual_audio::distance_m(speaker.at, recording.at);
            of_mic.push_back(
                {distance / virtual_audio::sound_speed_m_per_s * core::cluster_rate, virtual_audio::gain_at(distance)});
        }
    }
    return expected;
}

double mean_delay(const BySpeakerAndMic<Expected>& expected) {
    double sum = 0;
    std::size_t count = 0;
    for (const auto& of_mic : expected)
        for (const auto& one : of_mic) sum += one.delay_frames, ++count;
    return count ? sum / static_cast<double>(count) : 0;
}

// What the windows said of one speaker at one microphone.
struct Samples {
    std::vector<double> lags;   // frames
    std::vector<double> gains;  // relative to what is expected
};

BySpeakerAndMic<Samples> collect(const Heard& heard, const BySpeakerAndMic<Expected>& expected) {
    BySpeakerAndMic<Samples> samples;
    for (const auto& of_mic : expected) samples.emplace_back(of_mic.size());
    for (std::size_t w = 0; w < heard.windows.front().size(); ++w) {
        std::vector<std::vector<media::Arrival>> arrivals;
        for (const auto& windows : heard.windows) arrivals.push_back(windows[w].arrivals);
        const auto matches = match_speakers(arrivals, expected);
        for (std::size_t m = 0; m < matches.size(); ++m)
            for (std::size_t s = 0; s < matches[m].size(); ++s) {
                if (!matches[m][s]) continue;
                samples[m][s].lags.push_back(matches[m][s]->delay_frames - expected[m][s].delay_frames);
                samples[m][s].gains.push_back(matches[m][s]->gain / expected[m][s].gain);
            }
    }
    return samples;
}

// What all speakers have in common at all microphones.
struct Common {
    double lag_frames = 0;
    double gain = 1;
};

double median_of_all(const BySpeakerAndMic<Samples>& samples, std::vector<double> Samples::* which) {
    std::vector<double> medians;
    for (const auto& of_mic : samples)
        for (const auto& one : of_mic)
            if (!one.lags.empty()) medians.push_back(median(one.*which));
    return median(medians);
}

HeardSpeaker heard_speaker(const Samples& samples, const Common& common, std::size_t windows,
                           const HearingLimits& limits) {
    HeardSpeaker speaker{.windows = samples.lags.size()};
    if (!samples.lags.empty()) {
        speaker.lag_us = (median(samples.lags) - common.lag_frames) * frame_us;
        speaker.level_db = decibels(median(samples.gains) / common.gain);
    }
    speaker.missing = 2 * speaker.windows < std::max<std::size_t>(windows, 1) || speaker.level_db < limits.faint_db;
    return speaker;
}

double wander_us(std::span<const Samples> speakers) {
    std::vector<double> away;
    for (const auto& speaker : speakers) {
        const double middle = median(speaker.lags);
        for (const double lag : speaker.lags) away.push_back(std::abs(lag - middle));
    }
    return top(std::move(away), 0.2) * frame_us;
}

MicReport mic_report(const Recording& recording, std::span<const WindowHeard> windows) {
    MicReport report{.name = recording.name};
    double power = 0, rest = 0;
    for (const auto& window : windows) {
        report.windows += window.arrivals.empty() ? 0 : 1;
        power += window.power;
        rest += window.rest;
    }
    for (const auto& gap : recording.gaps) report.gap_frames += gap.count;
    report.residual_db = power > 0 ? 10 * std::log10(std::max(rest / power, 1e-20)) : 0;
    return report;
}

// Of all microphones, for one speaker; each named once.
void add_speaker_faults(HearingReport& report, std::size_t s, const HearingLimits& limits) {
    const auto& name = report.mics.front().speakers[s].name;
    std::vector<double> lags;
    std::vector<std::string> missing_at;
    for (const auto& mic : report.mics) {
        const auto& speaker = mic.speakers[s];
        if (speaker.missing)
            missing_at.push_back(mic.name);
        else
            lags.push_back(speaker.lag_us);
    }
    if (lags.empty()) {
        report.faults.push_back(name + " is MISSING from the recordings");
        return;
    }
    for (const auto& mic : missing_at) report.faults.push_back(name + " is MISSING from the recording of " + mic);
    const double lag_us = median(lags);
    if (std::abs(lag_us) > limits.late_us)
        report.faults.push_back(
            formatted("%s is %.1f ms %s", name.c_str(), std::abs(lag_us) / 1000, lag_us > 0 ? "LATE" : "EARLY"));
}

void judge(HearingReport& report, const HearingLimits& limits) {
    for (std::size_t s = 0; s < report.mics.front().speakers.size(); ++s) add_speaker_faults(report, s, limits);
    for (const auto& mic : report.mics) {
        if (mic.windows == 0) report.faults.push_back(mic.name + " recorded nothing that can be compared");
        if (mic.windows > 0 && mic.residual_db > limits.residual_db)
            report.faults.push_back(
                formatted("%s holds sound that no speaker explains (%.1f dB)", mic.name.c_str(), mic.residual_db));
        if (mic.wander_us > limits.late_us)
            report.faults.push_back(formatted("%s tells the times of its sound wrong, by %.1f ms and more",
                                              mic.name.c_str(), mic.wander_us / 1000));
    }
    report.within_limits = report.faults.empty();
}

}  // namespace

core::Result<HearingReport> hear(std::span<const float> melody, std::span<const Recording> recordings,
                                 std::span<const PlacedSpeaker> speakers, std::optional<std::int64_t> start_ns,
                                 const HearingLimits& limits) {
    const auto expected = expectations(recordings, speakers);
    const auto heard = listen(melody, recordings, {static_cast<int>(speakers.size()), start_ns, mean_delay(expected)});
    if (!heard) return heard.error();
    const auto samples = collect(*heard, expected);
    const Common common{median_of_all(samples, &Samples::lags), median_of_all(samples, &Samples::gains)};
    HearingReport report;
    if (start_ns) report.common_lag_us = common.lag_frames * frame_us;
    for (std::size_t m = 0; m < recordings.size(); ++m) {
        auto& mic = report.mics.emplace_back(mic_report(recordings[m], heard->windows[m]));
        mic.wander_us = wander_us(samples[m]);
        for (std::size_t s = 0; s < speakers.size(); ++s) {
            auto& speaker = mic.speakers.emplace_back(heard_speaker(samples[m][s], common, mic.windows, limits));
            speaker.name = speakers[s].name;
            speaker.distance_m = virtual_audio::distance_m(speakers[s].at, recordings[m].at);
            speaker.expected_ms = expected[m][s].delay_frames * frame_us / 1000;
        }
    }
    judge(report, limits);
    return report;
}

}  // namespace antiphon::ruler
