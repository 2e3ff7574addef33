// After a power cut, a killed process or a disk that refused: what is there becomes whole segments again.
#pragma once

#include <vector>

#include "core/result.hpp"
#include "media/recording/segment_files.hpp"

namespace antiphon::media {

// Makes one segment whole: its frames are walked, it is cut behind the last good one, synced, named and hashed, and its
// row says what it holds and why it ended (`note`, unless it was whole already). A segment without one frame goes. Safe
// to be cut off at any point and done again: then it ends the same. One that is kept elsewhere needs its row only.
// Nothing: there is no such segment (any more).
core::Result<std::optional<SegmentRow>> mend_segment(SegmentFiles& files, const SegmentFiles::Found& found,
                                                     const std::string& note);

// Makes all segments of a track whole, and answers their rows by number. What cannot be mended now fails it all.
core::Result<std::vector<SegmentRow>> mend_track(SegmentFiles& files);

// Where a board's segments are brought: all bytes of the file have come. It is made durable, read back and compared
// with what the board told of it, named, and from then on kept: only then may the board release its own. `corrupt` when
// it came damaged, and is to be sent anew from its beginning. Safe to be cut off at any point and done again.
core::Result<void> take_in(SegmentFiles& files, SegmentRow row);

// What is safe elsewhere goes here: first the row says so, then the file goes.
core::Result<void> release_segment(SegmentFiles& files, SegmentRow row);

}  // namespace antiphon::media
