// Opus in packets (RFC 6716), as RTP carries them (RFC 7587).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

struct OpusPacketFormat {
    int channels = 2;          // 1 or 2
    int packet_frames = 480;   // at 48 kHz: 120, 240, 480, 960, 1920 or 2880
    int bits_per_s = 128'000;  // 6,000 to 510,000

    static constexpr std::size_t bytes_max = 1275;  // of one Opus frame (RFC 6716, 3.2.1)
};

// Constrained to low delay (CELT alone): packet k holds frames [k * packet_frames - lookahead, ...) of what was put in.
// Not thread-safe; allocates at construction only.
class OpusPacketEncoder {
  public:
    // `invalid` for a format that Opus does not have.
    static core::Result<OpusPacketEncoder> open(const OpusPacketFormat& format);

    // One packet of `packet_frames` interleaved frames, -1..1. Valid until the next call; never empty.
    std::span<const std::byte> encode(std::span<const float> frames);
    // The first frame of packet 0: minus the codec's lookahead.
    core::FrameCount first_frame() const noexcept;

    OpusPacketEncoder(OpusPacketEncoder&&) noexcept;
    OpusPacketEncoder& operator=(OpusPacketEncoder&&) noexcept;
    ~OpusPacketEncoder();

  private:
    struct State;
    explicit OpusPacketEncoder(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

// Opus predicts a packet from the ones before: after a gap it takes some packets to sound as it was. Not thread-safe;
// allocates at construction only.
class OpusPacketDecoder {
  public:
    // `invalid` as above.
    static core::Result<OpusPacketDecoder> open(const OpusPacketFormat& format);

    // Fills `frames` (packet_frames of them, interleaved). False, and counted, for what is no packet of this format.
    bool decode(std::span<const std::byte> packet, std::span<float> frames);
    std::uint64_t corrupt() const noexcept;

    OpusPacketDecoder(OpusPacketDecoder&&) noexcept;
    OpusPacketDecoder& operator=(OpusPacketDecoder&&) noexcept;
    ~OpusPacketDecoder();

  private:
    struct State;
    explicit OpusPacketDecoder(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace antiphon::media
