// The segments that boards have brought: recordings/ID/WORKER.INPUT/000007.flac, with its row beside.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/files/partial_file.hpp"
#include "adapters/files/segment_folder.hpp"
#include "apps/api/segments.hpp"
#include "apps/node/track_totals.hpp"
#include "core/coordinator.hpp"
#include "core/result.hpp"

namespace antiphon::coordinator {

// Name of a track in its recording's folder: the worker's id and the input's name.
std::string track_name(const core::EndpointId& input);
// And back; nothing for what is no such name.
std::optional<core::EndpointId> input_of(std::string_view track_name);
// What these totals tell the core of a track.
core::TrackReceived received_track(core::RecordingId recording, core::EndpointId input,
                                   const node::TrackTotals& totals);

// One track's folder. Each call reads or writes files: not for a loop. One at a time per folder.
class SegmentCatalogue {
  public:
    explicit SegmentCatalogue(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Keeps the row, and tells what is here of its file. What came so far of another file of that number goes; one that
    // is kept is not replaced (`invalid`), unless it is damaged.
    core::Result<api::SegmentPlace> announce(const media::SegmentRow& row) const;
    // `exhausted` when so much would fill the disk that the store is on: a twentieth of it stays free, or 256 MB.
    core::Result<void> require_room(std::uint64_t bytes) const;
    // All bytes have come: checked, named, and from then on kept. `corrupt` when they are not what was announced.
    core::Result<void> accept(int number) const;

    // `not_found` when it was not announced.
    core::Result<media::SegmentRow> row(int number) const;
    // Of those that came whole, by number; one whose file is gone since then is a gap.
    core::Result<std::vector<media::SegmentRow>> kept() const;
    // `conflict` when one of those is not here, naming it.
    core::Result<node::TrackTotals> complete(const api::TrackComplete& told) const;

    std::filesystem::path file(int number) const;
    files::PartialFile::Place place(int number) const;

  private:
    core::Result<files::SegmentFolder> open() const;
    std::filesystem::path row_file(int number) const;

    const std::filesystem::path folder_;
};

}  // namespace antiphon::coordinator
