// What a manifest may say: whoever reads one does arithmetic with its numbers.
#include "apps/export/manifest.hpp"

#include "adapters/json/json.hpp"

namespace antiphon::exporting {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr core::FrameCount frames_max = core::FrameCount{core::cluster_rate} * 3600 * 24 * 366;  // a year
constexpr std::int64_t times_max_ns = INT64_MAX / 2;                                             // of a clock, +/-

Error refused(const std::string& field, const std::string& what) {
    return {ErrorCode::invalid, field + " " + what + "; export the recording again"};
}

Result<void> check_track(const ExportedTrack& track, const std::string& name, core::FrameCount frames) {
    if (track.channel < 0) return refused(name + ".channel", "is below 0");
    if (track.file.find('/') != std::string::npos) return refused(name + ".file", "is in another folder");
    core::FrameCount free_from = 0;
    for (std::size_t i = 0; i < track.gaps.size(); ++i) {
        const auto& gap = track.gaps[i];
        const auto gap_name = name + ".gaps[" + std::to_string(i) + "]";
        if (gap.first < free_from) return refused(gap_name, "begins before the end of the one before it");
        if (gap.count < 0 || gap.first > frames || gap.count > frames - gap.first)
            return refused(gap_name, "reaches beyond the file's " + std::to_string(frames) + " frames");
        free_from = gap.first + gap.count;
    }
    return {};
}

Result<void> check(const ExportManifest& manifest) {
    if (manifest.rate != core::cluster_rate)
        return refused("rate", "is " + std::to_string(manifest.rate) + ", not 48000");
    if (manifest.frames < 0 || manifest.frames > frames_max)
        return refused("frames", "is " + std::to_string(manifest.frames) + ", not between 0 and those of a year");
    if (manifest.origin_ns < -times_max_ns || manifest.origin_ns > times_max_ns)
        return refused("origin_ns", "is no time of any clock");
    for (std::size_t i = 0; i < manifest.tracks.size(); ++i) {
        auto checked = check_track(manifest.tracks[i], "tracks[" + std::to_string(i) + "]", manifest.frames);
        if (!checked) return checked;
    }
    return {};
}

}  // namespace

Result<ExportManifest> read_manifest(std::string_view text) {
    auto manifest = json::decode<ExportManifest>(text, nullptr, manifest_bytes_max);
    if (!manifest) return manifest.error();
    if (auto checked = check(*manifest); !checked) return checked.error();
    return manifest;
}

}  // namespace antiphon::exporting
