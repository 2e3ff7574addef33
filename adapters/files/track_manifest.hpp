// What stands beside a recorded file: which frame was heard at which cluster time, and what is missing.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace antiphon::files {

struct TrackAnchor {
    core::FrameCount frame = 0;
    std::int64_t cluster_ns = 0;  // when it reached the device
    std::int64_t error_ns = 0;    // bound, without the device's own constant delay
};
BOOST_DESCRIBE_STRUCT(TrackAnchor, (), (frame, cluster_ns, error_ns))

// Frames that were not recorded; the file has silence there.
struct TrackGap {
    core::FrameCount first = 0;
    core::FrameCount count = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(TrackGap, (), (first, count, reason))

inline constexpr const char* cut_short = "cut short: the worker ended while it recorded";

struct TrackManifest {
    int v = 1;
    std::string recording;
    std::string worker;
    std::string input;
    std::string device;
    core::SampleRate rate = core::cluster_rate;
    int channels = 1;
    core::FrameCount frames = 0;    // of the file, gaps included
    std::string sha256;             // of the file; empty while it grows
    std::uint64_t incarnation = 0;  // of the cluster clock that the anchors speak of
    std::vector<TrackAnchor> anchors;
    std::vector<TrackGap> gaps;
    core::WallTime started;
    std::optional<std::string> note;  // what a person should know of it
};
BOOST_DESCRIBE_STRUCT(TrackManifest, (),
                      (v, recording, worker, input, device, rate, channels, frames, sha256, incarnation, anchors, gaps,
                       started, note))

inline std::uint64_t gap_frames(const TrackManifest& manifest) {
    std::uint64_t frames = 0;
    for (const auto& gap : manifest.gaps) frames += static_cast<std::uint64_t>(gap.count);
    return frames;
}

}  // namespace antiphon::files
