// All tracks of a recording on one line of time, whatever happened to clocks and boards meanwhile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "media/recording/segment.hpp"
#include "media/recording/track_time.hpp"

namespace antiphon::media {

// One life of the recorder: its frames [0, end) are in files or gaps.
struct TimedLife {
    std::uint64_t life = 0;
    core::SampleRate rate = core::cluster_rate;
    core::FrameCount end = 0;
    TrackTime time;        // on the recording's line
    bool by_wall = false;  // the cluster's clock was not known: placed by the board's, to some tenths of a second
};

struct TimedTrack {
    std::vector<TimedLife> lives;   // by time
    core::FrameCount unplaced = 0;  // frames of lives that no clock places: their board had quite another date
};

// A life that is placed by its board's own clock, and so further away from all that the cluster's clock places, lies
// nowhere: that clock was wrong.
inline constexpr std::int64_t misdated_after_ns = 86'400'000'000'000;

// The line is the cluster clock that most anchors speak of. Another incarnation of it (the coordinator's machine began
// anew) is joined to it by the lives that knew both: their device went on meanwhile.
struct RecordingTime {
    std::uint64_t incarnation = 0;  // 0: no anchor at all, the line is the boards' own clocks'
    std::vector<TimedTrack> tracks;

    // From the first frame of all to the last, in ns of the line.
    std::int64_t begin_ns() const noexcept;
    std::int64_t end_ns() const noexcept;
    // The same length, at the cluster's rate.
    core::FrameCount frames() const noexcept;
};

// Where a life's frame lies, in cluster frames (48 kHz) after `begin_ns`.
core::FrameCount frame_on_line(const TimedLife& life, core::FrameCount frame, std::int64_t begin_ns) noexcept;

// The rows of each track, closed, in any order. A track without a row has no life. Anchors that
// contradict most others are left out.
core::Result<RecordingTime> recording_time(std::span<const std::vector<SegmentRow>> tracks);

// What is missing of a track in cluster frames (48 kHz) after `begin_ns`: its gaps and what lies between its lives.
// Recorded frames and these make up all that elapsed, to a frame.
std::vector<SegmentGap> gaps_on_line(const TimedTrack& track, std::span<const SegmentRow> rows, std::int64_t begin_ns);

}  // namespace antiphon::media
