// A whole track in a few numbers, the same on its board and on the coordinator.
#pragma once

#include <span>
#include <string>

#include "core/units.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::node {

struct TrackTotals {
    core::FrameCount frames = 0;      // from its first to its last, at the cluster's rate, gaps included
    core::FrameCount gap_frames = 0;  // of those, lost: not what was left out because it was quiet
    std::string note;                 // what its segments say, each once
    std::string sha256;               // of all hashes of its segments
};

// Closed rows, by number. Looks at each anchor: some milliseconds for a long recording.
TrackTotals totals_of(std::span<const media::SegmentRow> rows);

}  // namespace antiphon::node
