// A streaming FLAC decoder: bytes in as they come, frames out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

struct FlacStreamInfo {
    core::SampleRate rate = 0;
    int channels = 0;
    int bits = 0;
    core::FrameCount total_frames = 0;  // 0 = unknown
    std::vector<std::string> comments;  // NAME=value
};

// Works on memory only. A FLAC frame is decoded when so many bytes wait that it is there for certain (its size is
// known only afterwards), or at finish(): the output lags by about one frame of the worst size.
// Bytes come from outside: damage is an error or a counted loss, never a crash. Buffers are bounded by one frame and
// by 16 MiB of header. Not thread-safe; allocates; not for audio callbacks.
class FlacDecoder {
  public:
    FlacDecoder();

    // Appends bytes and decodes what has become whole. Fails as `corrupt` when this is no FLAC; after a failure it
    // stays failed.
    core::Result<void> feed(std::span<const std::byte> bytes);
    // No bytes follow: decodes the rest. A last frame that is cut is left out and counted in lost().
    core::Result<void> finish();

    // Known once the header has been fed; rate 0 before.
    const FlacStreamInfo& info() const noexcept;
    // The frames decoded so far and not taken yet, interleaved, -1..1 (exactly value / 2^(bits-1)).
    std::vector<float> take();
    // How many damaged places were skipped.
    std::uint64_t lost() const noexcept;

    FlacDecoder(FlacDecoder&&) noexcept;
    FlacDecoder& operator=(FlacDecoder&&) noexcept;
    ~FlacDecoder();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace antiphon::media
