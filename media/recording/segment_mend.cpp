// The order is that of a segment's ordinary end: data, name, row.
#include "media/recording/segment_mend.hpp"

#include <algorithm>
#include <string>

#include "core/mutants.hpp"
#include "media/codecs/flac_extent.hpp"

namespace antiphon::media {
namespace {

core::Result<FlacExtent> extent_of(SegmentFiles& files, int number) {
    std::uint64_t offset = 0;
    return flac_extent([&](std::span<std::byte> out) {
        auto got = files.read(number, offset, out);
        if (got) offset += *got;
        return got;
    });
}

// What the row says beyond the file's end was not kept.
void fit(SegmentRow& row, core::FrameCount frames) {
    row.frames = frames;
    const auto end = row.end();
    std::erase_if(row.anchors, [&](const SegmentAnchor& anchor) { return anchor.frame > end; });
    std::erase_if(row.gaps, [&](const SegmentGap& gap) { return gap.first >= end; });
    for (auto& gap : row.gaps) gap.count = std::min(gap.count, end - gap.first);
}

// A file whose row is lost keeps its sound; of its time nobody knows.
SegmentRow row_of(const SegmentFiles::Found& found, const FlacStreamInfo& info) {
    if (found.row) return *found.row;
    SegmentRow row;
    row.number = found.number;
    row.life = rowless_life + static_cast<std::uint64_t>(found.number);
    row.rate = info.rate;
    row.note = "its row was lost, and with it when it was recorded";
    return row;
}

core::Result<std::optional<SegmentRow>> gone(SegmentFiles& files, int number) {
    if (auto removed = files.remove(number); !removed) return removed.error();
    return std::optional<SegmentRow>();
}

}  // namespace

core::Result<std::optional<SegmentRow>> mend_segment(SegmentFiles& files, const SegmentFiles::Found& found,
                                                     const std::string& note) {
    const auto number = found.number;
    if (found.row && found.row->kept) {
        if (auto dropped = files.drop(number); !dropped) return dropped.error();
        return found.row;
    }
    if (!found.growing && !found.whole) return gone(files, number);  // a row whose file never was
    if (found.whole && found.row && found.row->closed) return found.row;
    const auto extent = extent_of(files, number);
    if (!extent && extent.error().code != core::ErrorCode::corrupt) return extent.error();
    if (!extent || extent->frames == 0) return gone(files, number);
    auto row = row_of(found, extent->info);
    if (found.growing) {
        if (auto cut = files.cut(number, extent->bytes); !cut) return cut.error();
        if (auto named = files.finish(number); !named) return named.error();
        if (row.note.empty()) row.note = note;
    } else if (!extent->whole) {
        row.note = "damaged: only the frames before are told of";
    }
    if (auto synced = files.sync_folder(); !synced) return synced.error();
    const auto digest = files.digest(number);
    if (!digest) return digest.error();
    fit(row, extent->frames);
    row.bytes = digest->bytes;
    row.sha256 = digest->sha256;
    row.closed = true;
    if (auto saved = files.save(row); !saved) return saved.error();
    return std::optional(row);
}

core::Result<void> take_in(SegmentFiles& files, SegmentRow row) {
    const auto number = row.number;
    const auto named = "segment " + std::to_string(number);
    const auto found = files.find(number);
    if (!found) return found.error();
    if (!found->growing && !found->whole)
        return core::Error{core::ErrorCode::conflict, named + " has not come yet; send it first"};
    if (found->growing)
        if (auto durable = files.cut(number, row.bytes); !durable) return durable;
    const auto digest = files.digest(number);
    if (!digest) return digest.error();
    const bool as_told = digest->bytes == row.bytes && digest->sha256 == row.sha256;
    if (!as_told && !core::mutated(core::Mutant::released_unverified)) {
        if (auto anew = found->growing ? files.cut(number, 0) : files.drop(number); !anew) return anew;
        return core::Error{core::ErrorCode::corrupt, named + " came damaged: its SHA-256 is " + digest->sha256 +
                                                         ", not " + row.sha256 + "; send it again"};
    }
    if (found->growing)
        if (auto finished = files.finish(number); !finished) return finished;
    if (auto synced = files.sync_folder(); !synced) return synced;
    row.kept = true;
    return files.save(row);
}

core::Result<void> release_segment(SegmentFiles& files, SegmentRow row) {
    row.kept = true;
    if (auto saved = files.save(row); !saved) return saved;
    return files.drop(row.number);
}

core::Result<std::vector<SegmentRow>> mend_track(SegmentFiles& files) {
    const auto found = files.list();
    if (!found) return found.error();
    std::vector<SegmentRow> rows;
    for (const auto& one : *found) {
        auto row = mend_segment(files, one, segment_cut_short);
        if (!row) return row.error();
        if (*row) rows.push_back(**row);
    }
    return rows;
}

}  // namespace antiphon::media
