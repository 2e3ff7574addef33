// From moments to frames.
#include "apps/export/marks.hpp"

#include <algorithm>
#include <cstdio>

namespace antiphon::exporting {
namespace {

constexpr double ns_per_s = 1e9;

// The moment's distance from the first frame, in ns. Both times of a pair are of one clock.
std::int64_t after_origin_ns(const Moment& mark, const ExportManifest& manifest) {
    const bool same_clock = mark.at.incarnation.value == manifest.incarnation && manifest.incarnation != 0;
    return same_clock ? mark.at.ns - manifest.origin_ns : (mark.wall - manifest.started).count();
}

}  // namespace

std::vector<ExportedMark> marks_on_line(const std::vector<Moment>& marks, const ExportManifest& manifest) {
    std::vector<ExportedMark> placed;
    for (const auto& mark : marks) {
        const auto seconds = static_cast<double>(after_origin_ns(mark, manifest)) / ns_per_s;
        placed.push_back({static_cast<core::FrameCount>(seconds * manifest.rate), mark.text, mark.wall});
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
