// A recording on its board: a track is a row of segments, each a FLAC file of its own with a row that tells about it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace antiphon::media {

// This frame reached the device at this cluster time, give or take, as it was known then.
struct SegmentAnchor {
    core::FrameCount frame = 0;
    std::int64_t cluster_ns = 0;
    std::int64_t error_ns = 0;  // bound, without the device's own constant delay
    std::uint64_t incarnation = 0;

    friend bool operator==(const SegmentAnchor&, const SegmentAnchor&) = default;
};

// Frames that were not recorded. A short gap is silence in the file; a long one is between two files.
struct SegmentGap {
    core::FrameCount first = 0;
    core::FrameCount count = 0;
    std::string reason;
    std::optional<bool> quiet =
        {};  // true: left out because nothing was to be heard, as somebody wished; nothing is lost

    friend bool operator==(const SegmentGap&, const SegmentGap&) = default;
};

// Of these gaps, the frames that are lost.
inline core::FrameCount lost_frames(std::span<const SegmentGap> gaps) {
    core::FrameCount frames = 0;
    for (const auto& gap : gaps)
        if (!gap.quiet.value_or(false)) frames += gap.count;
    return frames;
}

// Frames count on within one life of the recorder, from the first that it captured: they are the device's, whatever was
// missing. What lies between two lives is told by their anchors.
struct SegmentRow {
    int number = 0;               // of the file, over all lives
    std::uint64_t life = 0;       // of the recorder
    core::FrameCount first = 0;   // frame of the file's first
    core::FrameCount frames = 0;  // of the file; while it grows, as many as were there when the row was saved
    core::SampleRate rate = core::cluster_rate;
    bool closed = false;
    std::uint64_t bytes = 0;  // of a closed one
    std::string sha256;       // of a closed one's file
    core::WallTime started;   // of its first frame, as the board's clock had it
    std::string device;       // that it was captured from
    std::vector<SegmentAnchor> anchors;
    std::vector<SegmentGap> gaps;  // in it, and between it and the one before
    std::string note;              // what a person should know of it
    bool kept = false;             // the file is safe elsewhere, and need not be here

    core::FrameCount end() const noexcept { return first + frames; }
    friend bool operator==(const SegmentRow&, const SegmentRow&) = default;
};

// Lives from here on are those of files whose rows were lost, each its own.
inline constexpr std::uint64_t rowless_life = std::uint64_t{1} << 62;

// What the rows' notes say, each once.
inline std::string notes_of(std::span<const SegmentRow> rows) {
    std::string notes;
    for (const auto& row : rows)
        if (!row.note.empty() && notes.find(row.note) == std::string::npos)
            notes += (notes.empty() ? "" : "; ") + row.note;
    return notes;
}

inline constexpr const char* segment_cut_short = "cut short: the worker ended while it recorded";

}  // namespace antiphon::media
