// What of a FLAC stream can still be read that was damaged anywhere.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "media/codecs/flac_encoder.hpp"

namespace antiphon::media {

struct FlacSalvage {
    struct Lost {
        core::FrameCount first = 0;
        core::FrameCount count = 0;

        friend bool operator==(const Lost&, const Lost&) = default;
    };
    core::FrameCount frames = 0;        // up to the end of the last that can be read
    std::vector<Lost> lost;             // of them: silence; in order, apart from each other
    std::vector<std::byte> bytes = {};  // a whole stream of so many frames; empty where there are none
};

// Of a stream that FlacEncoder wrote in this format: the bytes of each block that can be read are as they were, between
// them stand silent blocks, and the header is a new one. A block can be read whose CRCs are right (RFC 9639, 9), which
// decodes, and whose number follows; none that reaches beyond `frames_max` is believed. Any bytes are welcome. Pure;
// takes some 0.1 % of its length in time.
FlacSalvage salvage_flac(std::span<const std::byte> damaged, const FlacFormat& format, core::FrameCount frames_max);

}  // namespace antiphon::media
