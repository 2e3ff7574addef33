// Whatever a board says of its segments, or a disk holds of them: refused, or it makes one line of time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/node/segment_rows.hpp"
#include "apps/node/track_totals.hpp"
#include "core/contract.hpp"
#include "media/recording/recording_time.hpp"

// A line is a row; an empty one begins another track.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto rows_text = node::segment_row_text();
    std::vector<std::vector<media::SegmentRow>> tracks(1);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.empty()) tracks.emplace_back();
        const auto row = rows_text.read(line);
        if (!row) {
            ANTIPHON_ASSERT(!row.error().what.empty());
            continue;
        }
        const auto again = rows_text.read(rows_text.write(*row));
        ANTIPHON_ASSERT(again && *again == *row);
        tracks.back().push_back(*row);
    }
    const auto time = media::recording_time(tracks);
    if (!time) return 0;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const auto gaps = media::gaps_on_line(time->tracks[i], tracks[i], time->begin_ns());
        ANTIPHON_ASSERT(std::ranges::is_sorted(gaps, {}, &media::SegmentGap::first));
        ANTIPHON_ASSERT(node::totals_of(tracks[i]).frames >= 0);
    }
    return 0;
}
