// What boards and the coordinator tell each other of segments, over HTTP.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/api/segment_json.hpp"

namespace antiphon::api {

// What the coordinator has of a segment that was announced.
struct SegmentPlace {
    std::uint64_t received_bytes = 0;  // of its file; what follows goes on from there
    bool kept = false;                 // all of it, and its hash is right: it may go elsewhere
};
BOOST_DESCRIBE_STRUCT(SegmentPlace, (), (received_bytes, kept))

struct SegmentName {
    int number = 0;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(SegmentName, (), (number, sha256))

// A track has ended, and these are all of its segments.
struct TrackComplete {
    std::vector<SegmentName> segments;
};
BOOST_DESCRIBE_STRUCT(TrackComplete, (), (segments))

// What the coordinator has of a track: rows of the segments that are here whole, by number.
struct SegmentsView {
    std::vector<media::SegmentRow> segments;
};
BOOST_DESCRIBE_STRUCT(SegmentsView, (), (segments))

// What a look at a kept segment's file told.
struct SegmentCheck {
    bool sound = true;    // it is what was brought in
    std::string problem;  // else
    bool news = false;    // nobody had found that before
};
BOOST_DESCRIBE_STRUCT(SegmentCheck, (), (sound, problem, news))

}  // namespace antiphon::api
