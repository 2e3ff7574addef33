// A streaming FLAC encoder: frames in, bytes out, no file and no seeking back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

struct FlacFormat {
    core::SampleRate rate = core::cluster_rate;
    int channels = 2;  // 1..8
    int bits = 16;     // 16 or 24
    // Vorbis comments, such as {"TITLE", "Evening"}; names are ASCII 0x20..0x7D without '='.
    std::vector<std::pair<std::string, std::string>> comments;
};

// The largest power of two below 50 ms at `rate`, the most that a killed process may lose: 2048 at 48 kHz.
// Within what FLAC's streamable subset allows.
std::uint32_t flac_block_frames(core::SampleRate rate) noexcept;

// Native FLAC whose header counts as unfinished (length unknown), so that any cut of it at the end of a frame is whole.
// Not thread-safe; allocates; not for audio callbacks.
class FlacEncoder {
  public:
    // Takes each piece as it is made: the header's pieces with `frames` = 0, then one FLAC frame at a time with the
    // audio frames it holds. False = the bytes could not be taken; the encoder then fails and stays failed.
    using Sink = std::function<bool(std::span<const std::byte> bytes, std::uint32_t frames)>;

    // Writes the header at once. Fails as `invalid` for a format FLAC or this encoder does not have, as `unavailable`
    // when the sink refuses.
    static core::Result<FlacEncoder> open(const FlacFormat& format, Sink sink);

    // Whole interleaved frames, -1..1, rounded to the nearest step (half to even), clipped. A full block goes out
    // at once, the rest waits. Fails as `unavailable` when the sink refuses.
    core::Result<void> write(std::span<const float> samples);
    // Sends what waits. Nothing may be written afterwards.
    core::Result<void> finish();

    FlacEncoder(FlacEncoder&&) noexcept;
    FlacEncoder& operator=(FlacEncoder&&) noexcept;
    ~FlacEncoder();

  private:
    struct State;
    explicit FlacEncoder(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace antiphon::media
