// From moments to frames.
#include "apps/export/marks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace antiphon::exporting {
namespace {

constexpr double ns_per_s = 1e9;

// The moment's distance from the first frame. Both times of a pair are of one clock; whatever they are, nothing
// overflows.
double seconds_after_origin(const Moment& mark, const ExportManifest& manifest) {
    const bool same_clock = mark.at.incarnation.value == manifest.incarnation && manifest.incarnation != 0;
    const auto moment = same_clock ? mark.at.ns : mark.wall.ns;
    const auto origin = same_clock ? manifest.origin_ns : manifest.started.ns;
    return (static_cast<double>(moment) - static_cast<double>(origin)) / ns_per_s;
}

}  // namespace

std::vector<ExportedMark> marks_on_line(const std::vector<Moment>& marks, const ExportManifest& manifest) {
    std::vector<ExportedMark> placed;
    for (const auto& mark : marks) {
        const auto frame = std::llround(seconds_after_origin(mark, manifest) * manifest.rate);
        placed.push_back({frame, mark.text, mark.wall});
    }
    std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.frame < b.frame; });
    return placed;
}

std::string label_track(const std::vector<ExportedMark>& marks) {
    std::string text;
    for (const auto& mark : marks) {
        char at[64];
        const auto seconds = static_cast<double>(std::max(mark.frame, core::FrameCount{0})) / core::cluster_rate;
        std::snprintf(at, sizeof at, "%.6f\t%.6f\t", seconds, seconds);
        text += at + mark.text + "\n";
    }
    return text;
}

}  // namespace antiphon::exporting
