// A segment is here when its row says so, which it does once its file has its name.
#include "apps/coordinator/segment_catalogue.hpp"

#include <algorithm>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/recording_space.hpp"
#include "apps/node/segment_rows.hpp"
#include "media/recording/segment_damage.hpp"
#include "media/recording/segment_mend.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

std::string named(int number) { return "segment " + std::to_string(number); }

}  // namespace

std::string track_name(const core::EndpointId& input) { return input.worker.value + "." + input.name; }

std::optional<core::EndpointId> input_of(std::string_view track_name) {
    const auto dot = track_name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return core::EndpointId{{std::string(track_name.substr(0, dot))}, std::string(track_name.substr(dot + 1))};
}

core::TrackReceived received_track(core::RecordingId recording, core::EndpointId input,
                                   const node::TrackTotals& totals) {
    core::TrackReceived track;
    track.recording = std::move(recording);
    track.file = track_name(input);
    track.input = std::move(input);
    track.frames = totals.frames;
    track.gap_frames = static_cast<std::uint64_t>(totals.gap_frames);
    track.sha256 = totals.sha256;
    track.note = totals.note;
    return track;
}

fs::path SegmentCatalogue::file(int number) const { return files::SegmentFolder::whole_in(folder_, number); }

fs::path SegmentCatalogue::row_file(int number) const { return file(number).replace_extension(".json"); }

files::PartialFile::Place SegmentCatalogue::place(int number) const {
    return {files::SegmentFolder::growing_in(folder_, number), file(number)};
}

core::Result<files::SegmentFolder> SegmentCatalogue::open() const {
    return files::SegmentFolder::open(folder_, node::segment_row_text());
}

core::Result<media::SegmentRow> SegmentCatalogue::row(int number) const {
    std::error_code none;
    if (!fs::exists(row_file(number), none))
        return Error{ErrorCode::not_found, named(number) + " was not announced; send its row first"};
    const auto text = files::read_text(row_file(number), files::SegmentFolder::row_bytes_max);
    if (!text) return text.error();
    auto row = node::segment_row_text().read(*text);
    return row ? row : core::Result<media::SegmentRow>(row.error().within(row_file(number).string()));
}

core::Result<api::SegmentPlace> SegmentCatalogue::announce(const media::SegmentRow& told) const {
    if (told.number < 0 || !told.closed || !core::parse_blob_hash(told.sha256))
        return Error{ErrorCode::invalid, named(told.number) + " is not closed, or has no SHA-256: it cannot be sent"};
    auto row = told;
    const auto known = this->row(row.number);
    const bool same = known && known->sha256 == row.sha256;
    std::error_code none;
    const bool there = fs::exists(file(row.number), none);
    const bool kept = known && known->kept && there && !media::is_damaged(*known);
    row.kept = same && kept;
    if (kept && !same)
        return Error{ErrorCode::invalid,
                     named(row.number) + " is here already, and other than this; it is not replaced"};
    if (auto room = require_room(files::SegmentFolder::row_bytes_max); !room) return room.error();
    if (!same)
        if (auto removed = files::PartialFile::remove(place(row.number)); !removed) return removed.error();
    if (!same || *known != row) {
        auto folder = open();
        if (!folder) return folder.error();
        if (auto saved = folder->save(row); !saved) return saved.error();
    }
    if (!row.kept && fs::exists(file(row.number), none)) {  // named, and then the power went
        if (auto accepted = accept(row.number); !accepted) return accepted.error();
        row.kept = true;
    }
    return api::SegmentPlace{row.kept ? row.bytes : files::PartialFile::received(place(row.number)), row.kept};
}

core::Result<void> SegmentCatalogue::require_room(std::uint64_t bytes) const {
    auto there = folder_;  // or what it will be in
    std::error_code error;
    while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
    const auto disk = files::space_on_disk(there);
    if (disk.left_bytes() > 0 && disk.left_bytes() >= bytes) return {};
    return Error{ErrorCode::exhausted, "the disk of the recordings has " + std::to_string(disk.free_bytes >> 20) +
                                           " MB left, some of which is kept free; free some space"};
}

core::Result<void> SegmentCatalogue::accept(int number) const {
    auto row = this->row(number);
    if (!row) return row.error();
    auto folder = open();
    return folder ? media::take_in(*folder, std::move(*row)) : core::Result<void>(folder.error());
}

core::Result<std::vector<media::SegmentRow>> SegmentCatalogue::kept() const {
    std::vector<media::SegmentRow> rows;
    std::error_code none;
    if (!fs::exists(folder_, none)) return rows;
    auto folder = open();
    if (!folder) return folder.error();
    const auto found = folder->list();
    if (!found) return found.error();
    for (const auto& one : *found)
        if (one.row && one.row->kept) rows.push_back(one.whole ? *one.row : media::with_damage(*one.row, {}));
    return rows;
}

core::Result<node::TrackTotals> SegmentCatalogue::complete(const api::TrackComplete& told) const {
    const auto rows = kept();
    if (!rows) return rows.error();
    for (const auto& name : told.segments) {
        const bool here = std::ranges::any_of(*rows, [&](const auto& row) {
            return row.number == name.number && (row.sha256 == name.sha256 || media::is_damaged(row));
        });
        if (!here) return Error{ErrorCode::conflict, named(name.number) + " is not here yet; send it first"};
    }
    return node::totals_of(*rows);
}

}  // namespace antiphon::coordinator
