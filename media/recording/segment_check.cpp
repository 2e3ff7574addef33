// Bounds so wide that nobody meets them, and so narrow that sums of a few stay within 64 bits.
#include "media/recording/segment_check.hpp"

#include <algorithm>
#include <set>

namespace antiphon::media {
namespace {

constexpr core::FrameCount frames_max = core::FrameCount{1} << 42;  // of a life; 2.9 years at 48 kHz
constexpr core::SampleRate rate_min = 1'000, rate_max = 768'000;
constexpr std::int64_t cluster_ns_max = std::int64_t{1} << 58;  // nine years of a machine's running
constexpr std::uint64_t bytes_max = std::uint64_t{1} << 42;
constexpr std::size_t text_max = 10'000, sha256_digits = 64, incarnations_max = 16;

// From `first` on, so many frames, all of them within a life.
bool in_life(core::FrameCount first, core::FrameCount count) {
    return first >= 0 && count >= 0 && first <= frames_max && count <= frames_max - first;
}

bool is_time(const SegmentAnchor& anchor) {
    return in_life(anchor.frame, 0) && anchor.cluster_ns >= -cluster_ns_max && anchor.cluster_ns <= cluster_ns_max &&
           anchor.error_ns >= 0;
}

const char* fault_of(const SegmentRow& row) {
    if (row.number < 0) return "its number is negative";
    if (row.rate < rate_min || row.rate > rate_max) return "its rate is none of sound";
    if (!in_life(row.first, row.frames)) return "its frames are none that a recording has";
    if (row.bytes > bytes_max) return "it is larger than any file of sound";
    if (row.closed ? row.sha256.size() != sha256_digits : row.sha256.size() > sha256_digits)
        return "its hash is no SHA-256";
    if (std::max(row.device.size(), row.note.size()) > text_max) return "a text in it is too long";
    if (!std::ranges::all_of(row.anchors, is_time)) return "it has a time anchor that no clock can have";
    std::set<std::uint64_t> incarnations;
    for (const auto& anchor : row.anchors) incarnations.insert(anchor.incarnation);
    if (incarnations.size() > incarnations_max) return "its anchors are of too many clocks";
    core::FrameCount end = 0;
    for (const auto& gap : row.gaps) {
        if (!in_life(gap.first, gap.count) || gap.first < end) return "its gaps overlap or lie outside of it";
        if (gap.reason.size() > text_max) return "a text in it is too long";
        end = gap.first + gap.count;
    }
    return nullptr;
}

}  // namespace

core::Result<void> check_row(const SegmentRow& row) {
    if (const auto* fault = fault_of(row))
        return core::Error{core::ErrorCode::invalid, "segment " + std::to_string(row.number) + ": " + fault};
    return {};
}

}  // namespace antiphon::media
