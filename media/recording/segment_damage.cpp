// The gaps of what cannot be read any more are part of the damage.
#include "media/recording/segment_damage.hpp"

#include <algorithm>

namespace antiphon::media {

SegmentRow with_damage(SegmentRow row, core::FrameCount good) {
    if (!is_damaged(row)) row.note += (row.note.empty() ? "" : "; ") + std::string(segment_damaged);
    const auto from = row.first + std::clamp<core::FrameCount>(good, 0, row.frames);
    if (from == row.end()) return row;
    std::erase_if(row.gaps, [&](const auto& gap) { return gap.first >= from; });
    for (auto& gap : row.gaps) gap.count = std::min(gap.count, from - gap.first);
    row.gaps.push_back({from, row.end() - from, segment_damaged, {}});
    return row;
}

core::FrameCount frames_in_file(const SegmentRow& row) {
    if (row.gaps.empty() || row.gaps.back().first + row.gaps.back().count < row.end()) return row.frames;
    return std::clamp<core::FrameCount>(row.gaps.back().first - row.first, 0, row.frames);
}

bool is_damaged(const SegmentRow& row) { return row.note.find(segment_damaged) != std::string::npos; }

}  // namespace antiphon::media
