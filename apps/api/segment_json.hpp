// The form of a segment's row as JSON: on boards' disks, over HTTP and on the coordinator's.
#pragma once

#include <boost/describe/class.hpp>

#include "media/recording/segment.hpp"

namespace antiphon::media {

BOOST_DESCRIBE_STRUCT(SegmentAnchor, (), (frame, cluster_ns, error_ns, incarnation))
BOOST_DESCRIBE_STRUCT(SegmentGap, (), (first, count, reason, quiet))
BOOST_DESCRIBE_STRUCT(SegmentRow, (),
                      (number, life, first, frames, rate, closed, bytes, sha256, started, device, anchors, gaps, note,
                       kept))

}  // namespace antiphon::media
