// The row's own description is its form.
#include "apps/node/segment_rows.hpp"

#include "adapters/json/json.hpp"
#include "apps/api/segment_json.hpp"
#include "media/recording/segment_check.hpp"

namespace antiphon::node {

files::SegmentRowText segment_row_text() {
    return {[](const media::SegmentRow& row) { return json::encode(row) + "\n"; },
            [](const std::string& text) -> core::Result<media::SegmentRow> {
                auto row = json::decode<media::SegmentRow>(text, nullptr, files::SegmentFolder::row_bytes_max);
                if (!row) return row;
                if (auto checked = media::check_row(*row); !checked) return checked.error();
                return row;
            }};
}

}  // namespace antiphon::node
