// Whether a segment's row can be true: rows come from boards and from disks.
#pragma once

#include "core/result.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::media {

// `invalid` with what is wrong: numbers that no recording has (a life of some years at most), whose sums could
// overflow; frames before the first; a hash or texts of the wrong length; anchors of more than 16 incarnations of the
// cluster clock. What a board writes whose clocks are wrong passes: recording_time() leaves that out. Whoever does
// arithmetic with rows from outside asks first. Pure.
core::Result<void> check_row(const SegmentRow& row);

}  // namespace antiphon::media
