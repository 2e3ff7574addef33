// Writing reports.
#include "apps/ruler/print.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdio>

namespace antiphon::ruler {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

// Nanoseconds are as fine as any of it is true.
double rounded_us(double us) { return std::round(us * 1e3) / 1e3; }

std::string table_row(const SpeakerReport& speaker) {
    if (speaker.silent()) return formatted("%-24s    silent\n", speaker.name.c_str());
    if (speaker.skew.count == 0)
        return formatted("%-24s    not comparable  %7.1f dBFS\n", speaker.name.c_str(), speaker.level_dbfs);
    return formatted("%-24s %10.2f %10.2f %10.2f %10.2f %10.2f %8zu %8.1f\n", speaker.name.c_str(),
                     speaker.signed_median_us, speaker.skew.median_us, speaker.skew.p95_us, speaker.skew.p99_us,
                     speaker.skew.max_us, speaker.skew.count, speaker.level_dbfs);
}

boost::json::object spread_json(const Spread& spread) {
    return {{"count", spread.count},
            {"median_us", rounded_us(spread.median_us)},
            {"p95_us", rounded_us(spread.p95_us)},
            {"p99_us", rounded_us(spread.p99_us)},
            {"max_us", rounded_us(spread.max_us)}};
}

boost::json::object speaker_json(const SpeakerReport& speaker) {
    boost::json::object json{{"name", speaker.name},
                             {"silent", speaker.silent()},
                             {"audible_windows", speaker.audible_windows},
                             {"matched_windows", speaker.matched_windows},
                             {"ambiguous_windows", speaker.ambiguous_windows},
                             {"others_windows", speaker.others_windows},
                             {"missed_windows", speaker.missed_windows},
                             {"course", speaker.course},
                             {"skew", spread_json(speaker.skew)},
                             {"signed_median_us", rounded_us(speaker.signed_median_us)}};
    if (!speaker.silent()) json["level_dbfs"] = std::round(speaker.level_dbfs * 10) / 10;
    return json;
}

}  // namespace

std::string as_text(const Report& report) {
    std::string text = formatted("%-24s %10s %10s %10s %10s %10s %8s %8s\n", "speaker", "signed us", "median us",
                                 "p95 us", "p99 us", "max us", "windows", "dBFS");
    for (const auto& speaker : report.speakers) text += table_row(speaker);
    if (!report.median_speaker.empty())
        text += "skew against " + report.median_speaker +
                formatted("; all pairs: median %.2f, p95 %.2f, p99 %.2f, max %.2f us, in %zu windows\n",
                          report.pairs.median_us, report.pairs.p95_us, report.pairs.p99_us, report.pairs.max_us,
                          report.windows);
    if (report.unheard_windows > 0)
        text += formatted("%zu of %zu windows were not heard: this machine had no time for the ruler\n",
                          report.unheard_windows, report.windows);
    return text + report.verdict + "\n";
}

std::string as_json(const Report& report) {
    boost::json::array speakers;
    for (const auto& speaker : report.speakers) speakers.push_back(speaker_json(speaker));
    const boost::json::object json{{"v", 1},
                                   {"windows", report.windows},
                                   {"unheard_windows", report.unheard_windows},
                                   {"median_speaker", report.median_speaker},
                                   {"pairs", spread_json(report.pairs)},
                                   {"within_limits", report.within_limits},
                                   {"verdict", report.verdict},
                                   {"speakers", std::move(speakers)}};
    return boost::json::serialize(json) + "\n";
}

std::string as_csv(const Report& report, double hop_s) {
    std::string text = "seconds";
    for (const auto& speaker : report.speakers) text += "," + speaker.name;
    text += "\n";
    for (std::size_t w = 0; w < report.windows; ++w) {
        text += formatted("%.3f", static_cast<double>(w) * hop_s);
        for (const auto& skew : report.skew_us) text += skew[w] ? formatted(",%.3f", *skew[w]) : ",";
        text += "\n";
    }
    return text;
}

}  // namespace antiphon::ruler
