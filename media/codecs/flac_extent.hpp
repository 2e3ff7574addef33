// How far a FLAC stream is good that was cut or damaged where nobody knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "core/result.hpp"
#include "media/codecs/flac_decoder.hpp"

namespace antiphon::media {

struct FlacExtent {
    FlacStreamInfo info;
    std::uint64_t bytes = 0;      // from the beginning to the end of the last good frame
    core::FrameCount frames = 0;  // in them
    bool whole = false;           // nothing comes after them
};

// Walks the frames from the first on, each checked by its CRCs and its number (RFC 9639, 9), up to one that is not
// whole, not good or not the next. `read` fills as much of what it is given as there is, and answers 0 at the end.
// `corrupt` where there is no whole header; what `read` fails with otherwise. Any bytes are welcome; memory is bounded
// by a frame. Decodes all of it: some 0.3 % of its length in time.
core::Result<FlacExtent> flac_extent(const std::function<core::Result<std::size_t>(std::span<std::byte>)>& read);

}  // namespace antiphon::media
