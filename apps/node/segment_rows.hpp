// A segment's row as the text of its file, the same on boards and on the coordinator.
#pragma once

#include "adapters/files/segment_folder.hpp"

namespace antiphon::node {

// JSON. Reading answers what is wrong with a text that is no row, or one that cannot be true.
files::SegmentRowText segment_row_text();

}  // namespace antiphon::node
