// The row's own description is its form.
#include "apps/node/segment_rows.hpp"

#include "adapters/json/json.hpp"
#include "apps/api/segment_json.hpp"

namespace antiphon::node {

files::SegmentRowText segment_row_text() {
    return {[](const media::SegmentRow& row) { return json::encode(row) + "\n"; },
            [](const std::string& text) {
                return json::decode<media::SegmentRow>(text, nullptr, files::SegmentFolder::row_bytes_max);
            }};
}

}  // namespace antiphon::node
