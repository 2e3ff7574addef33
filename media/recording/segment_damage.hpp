// A segment whose file is not what it was any more.
#pragma once

#include "media/recording/segment.hpp"

namespace antiphon::media {

inline constexpr const char* segment_damaged = "damaged on the coordinator's disk";

// Of a segment's frames only the first `good` can still be read: the rest is a gap, and the note says so. With all of
// them good the note says that something else in the file was damaged. Pure.
SegmentRow with_damage(SegmentRow row, core::FrameCount good);

bool is_damaged(const SegmentRow& row);

// Of a segment's frames those that its file holds: what is a gap up to its end is not in it.
core::FrameCount frames_in_file(const SegmentRow& row);

}  // namespace antiphon::media
