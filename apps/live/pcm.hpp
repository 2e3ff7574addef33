// Raw sound as programs write it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "apps/live/source_spec.hpp"

namespace antiphon::live {

// Bytes in pieces of any length, frames out: two interleaved channels, -1..1; a mono source is on both. What is no
// number is silence. Not thread-safe.
class PcmReader {
  public:
    explicit PcmReader(const PcmFormat& format) : format_(format) {}

    std::size_t frame_bytes() const {
        return static_cast<std::size_t>(media::bytes_per_sample(format_.sample) * format_.channels);
    }
    // The whole frames so far; valid until the next call.
    std::span<const float> read(std::span<const std::byte> bytes);
    // What came of a frame that will not be finished is forgotten.
    void forget() { rest_.clear(); }

  private:
    void convert(std::span<const std::byte> bytes);

    const PcmFormat format_;
    std::vector<std::byte> rest_;  // less than a frame
    std::vector<float> frames_;
};

}  // namespace antiphon::live
