// What stands beside exported files: where each frame lies in time, what is missing, and how sure that is.
#pragma once

#include <boost/describe/class.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/api/segment_json.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::exporting {

inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* marks_name = "marks.txt";

struct ExportedTrack {
    std::string input;                    // worker/name
    std::string device;                   // that it was captured from
    std::string file;                     // in the manifest's folder
    int channel = 0;                      // of it
    std::string sha256;                   // of the file
    std::vector<media::SegmentGap> gaps;  // in frames of the file: silence there
    std::int64_t clock_error_ns = 0;      // standard deviation of the frames' times, where it is greatest
    double drift_ppm = 0;                 // of the device's crystal against the cluster clock, which was corrected
    bool by_wall_clock = false;  // the cluster's clock was not known throughout: parts may be off by tenths of a second
    std::optional<std::int64_t> device_delay_ns;  // of the converter, constant; absent: not known, and not corrected
    std::string note;
    std::optional<core::FrameCount> unplaced_frames = {};  // sound that is not in the file, for no clock places it
};
BOOST_DESCRIBE_STRUCT(ExportedTrack, (),
                      (input, device, file, channel, sha256, gaps, clock_error_ns, drift_ppm, by_wall_clock,
                       device_delay_ns, note, unplaced_frames))

// What somebody wanted to find again.
struct ExportedMark {
    core::FrameCount frame = 0;  // of the files; below 0 or beyond their end: before the first track, after the last
    std::string text;
    core::WallTime time;  // as the coordinator's calendar had it
};
BOOST_DESCRIBE_STRUCT(ExportedMark, (), (frame, text, time))

struct ExportManifest {
    int v = 1;
    std::string recording;
    core::SampleRate rate = core::cluster_rate;
    core::FrameCount frames = 0;
    std::uint64_t incarnation = 0;  // of the cluster clock; 0: times are wall time
    std::int64_t origin_ns = 0;     // cluster time of frame 0; frame n is n / rate later
    core::WallTime started;         // the same as UTC, as the boards had it
    std::vector<ExportedTrack> tracks;
    std::optional<std::string> title = {};
    std::optional<std::vector<ExportedMark>> marks = {};  // by time; absent: there are none
};
BOOST_DESCRIBE_STRUCT(ExportManifest, (),
                      (v, recording, rate, frames, incarnation, origin_ns, started, tracks, title, marks))

inline constexpr std::size_t manifest_bytes_max = 64U << 20;

// The manifest in these bytes, from whoever wrote them. `invalid` names the field that is wrong: no JSON of this form,
// another rate, frames or times beyond a year or any clock, gaps that overlap or leave the file. Pure.
core::Result<ExportManifest> read_manifest(std::string_view text);

}  // namespace antiphon::exporting
