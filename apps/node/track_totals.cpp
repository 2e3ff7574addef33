// On the track's own line of time.
#include "apps/node/track_totals.hpp"

#include <vector>

#include "adapters/files/sha256.hpp"
#include "media/recording/recording_time.hpp"

namespace antiphon::node {

TrackTotals totals_of(std::span<const media::SegmentRow> rows) {
    TrackTotals totals;
    files::Sha256 all;
    for (const auto& row : rows) {
        const auto line = std::to_string(row.number) + " " + row.sha256 + "\n";
        all.update(std::as_bytes(std::span(line)));
    }
    totals.note = media::notes_of(rows);
    totals.sha256 = all.finish().value;
    const std::vector<std::vector<media::SegmentRow>> track{{rows.begin(), rows.end()}};
    const auto time = media::recording_time(track);
    if (!time || time->tracks.front().lives.empty()) return totals;
    totals.frames = time->frames();
    totals.gap_frames = media::lost_frames(media::gaps_on_line(time->tracks.front(), rows, time->begin_ns()));
    return totals;
}

}  // namespace antiphon::node
