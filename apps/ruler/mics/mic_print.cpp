// Writing what was heard.
#include "apps/ruler/mics/mic_print.hpp"

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>

namespace antiphon::ruler {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

std::string row(const HeardSpeaker& speaker) {
    if (speaker.missing)
        return formatted("  %-24s %7.2f m  %8.3f ms      MISSING\n", speaker.name.c_str(), speaker.distance_m,
                         speaker.expected_ms);
    return formatted("  %-24s %7.2f m  %8.3f ms  %+9.1f us  %+6.1f dB  %3zu\n", speaker.name.c_str(),
                     speaker.distance_m, speaker.expected_ms, speaker.lag_us, speaker.level_db, speaker.windows);
}

boost::json::object speaker_json(const HeardSpeaker& speaker) {
    boost::json::object json{{"name", speaker.name},
                             {"distance_m", rounded(speaker.distance_m, 1e3)},
                             {"expected_ms", rounded(speaker.expected_ms, 1e6)},
                             {"windows", speaker.windows},
                             {"missing", speaker.missing}};
    if (speaker.windows == 0) return json;
    json["lag_us"] = rounded(speaker.lag_us, 1e3);
    json["level_db"] = rounded(speaker.level_db, 100);
    return json;
}

boost::json::object mic_json(const MicReport& mic) {
    boost::json::array speakers;
    for (const auto& speaker : mic.speakers) speakers.push_back(speaker_json(speaker));
    return {{"name", mic.name},
            {"windows", mic.windows},
            {"gap_frames", mic.gap_frames},
            {"residual_db", rounded(mic.residual_db, 100)},
            {"wander_us", rounded(mic.wander_us, 1e3)},
            {"speakers", std::move(speakers)}};
}

}  // namespace

std::string as_text(const HearingReport& report) {
    std::string text;
    for (const auto& mic : report.mics) {
        text += formatted("%s: %zu windows, gaps of %lld frames, residual %.1f dB\n", mic.name.c_str(), mic.windows,
                          static_cast<long long>(mic.gap_frames), mic.residual_db);
        text += "  speaker                   distance       travel          lag      level  windows\n";
        for (const auto& speaker : mic.speakers) text += row(speaker);
    }
    if (report.common_lag_us) text += formatted("all of it %+.1f us after its time\n", *report.common_lag_us);
    for (const auto& fault : report.faults) text += fault + "\n";
    return text + (report.within_limits ? "all speakers are heard where and when they should be\n" : "");
}

std::string as_json(const HearingReport& report) {
    boost::json::array mics, faults;
    for (const auto& mic : report.mics) mics.push_back(mic_json(mic));
    for (const auto& fault : report.faults) faults.push_back(boost::json::string(fault));
    boost::json::object json{{"v", 1}, {"within_limits", report.within_limits}, {"faults", std::move(faults)}};
    if (report.common_lag_us) json["common_lag_us"] = rounded(*report.common_lag_us, 1e3);
    json["mics"] = std::move(mics);
    return boost::json::serialize(json) + "\n";
}

}  // namespace antiphon::ruler
