// A segment whose file is not what it was any more.
#pragma once

#include "media/codecs/flac_salvage.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::media {

inline constexpr const char* segment_damaged = "damaged on the coordinator's disk";

// What a segment's row says when only this of its file can still be read: the rest is gaps, and the note says so. With
// all of it readable the note says that something else in the file was damaged. Pure.
SegmentRow with_damage(SegmentRow row, const FlacSalvage& left);

bool is_damaged(const SegmentRow& row);
// Frames that were lost so.
core::FrameCount damaged_frames(const SegmentRow& row);

// Of a segment's frames those that its file holds: what is a gap up to its end is not in it.
core::FrameCount frames_in_file(const SegmentRow& row);

}  // namespace antiphon::media
