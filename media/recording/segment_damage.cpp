// The gaps of what cannot be read any more are part of the damage.
#include "media/recording/segment_damage.hpp"

#include <algorithm>
#include <iterator>

namespace antiphon::media {

namespace {

// What is left of a gap where others take their part; in order, apart from each other.
void keep_outside(const SegmentGap& gap, std::span<const SegmentGap> others, std::vector<SegmentGap>& kept) {
    auto rest = gap;
    const auto end = gap.first + gap.count;
    for (const auto& other : others) {
        const auto other_end = other.first + other.count;
        if (other_end <= rest.first || other.first >= end) continue;
        rest.count = other.first - rest.first;
        if (rest.count > 0) kept.push_back(rest);
        rest.first = other_end;
    }
    rest.count = end - rest.first;
    if (rest.count > 0 || gap.count == 0) kept.push_back(rest);
}

}  // namespace

SegmentRow with_damage(SegmentRow row, const FlacSalvage& left) {
    if (!is_damaged(row)) row.note += (row.note.empty() ? "" : "; ") + std::string(segment_damaged);
    std::vector<SegmentGap> damage;
    for (const auto& lost : left.lost) damage.push_back({row.first + lost.first, lost.count, segment_damaged, {}});
    if (left.frames < frames_in_file(row))
        damage.push_back({row.first + left.frames, row.frames - left.frames, segment_damaged, {}});
    std::vector<SegmentGap> others;
    for (const auto& gap : row.gaps) keep_outside(gap, damage, others);
    row.gaps.clear();
    std::ranges::merge(others, damage, std::back_inserter(row.gaps), {}, &SegmentGap::first, &SegmentGap::first);
    return row;
}

core::FrameCount damaged_frames(const SegmentRow& row) {
    core::FrameCount frames = 0;
    for (const auto& gap : row.gaps)
        if (gap.reason == segment_damaged) frames += gap.count;
    return frames;
}

core::FrameCount frames_in_file(const SegmentRow& row) {
    if (row.gaps.empty() || row.gaps.back().first + row.gaps.back().count < row.end()) return row.frames;
    return std::clamp<core::FrameCount>(row.gaps.back().first - row.first, 0, row.frames);
}

bool is_damaged(const SegmentRow& row) { return row.note.find(segment_damaged) != std::string::npos; }

}  // namespace antiphon::media
