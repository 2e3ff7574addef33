// FLAC in packets: each is one FLAC frame that stands for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

// Of a stream between our own nodes: 16 bit at the cluster's rate. There is no RTP payload format for FLAC.
struct FlacPacketFormat {
    int channels = 2;         // 1 or 2
    int packet_frames = 240;  // 16..1024; 240 stereo frames are at most 976 bytes, whatever sounds

    // What a packet of this format never exceeds: frames as they are, the header and the check sums.
    std::size_t bytes_max() const noexcept { return static_cast<std::size_t>(packet_frames * channels) * 2 + 32; }
};

// libFLAC makes a frame when it has seen one sample more. So that no packet waits for the next, the stream begins one
// frame early: packet k holds frames [k * packet_frames - 1, (k + 1) * packet_frames - 1), of which frame -1 is silent.
// Not thread-safe; may allocate.
class FlacPacketEncoder {
  public:
    static constexpr core::FrameCount first_frame = -1;

    // `invalid` for a format that is not offered.
    static core::Result<FlacPacketEncoder> open(const FlacPacketFormat& format);

    // One packet of `packet_frames` interleaved frames, -1..1, clipped. Valid until the next call.
    std::span<const std::byte> encode(std::span<const float> frames);

    FlacPacketEncoder(FlacPacketEncoder&&) noexcept;
    FlacPacketEncoder& operator=(FlacPacketEncoder&&) noexcept;
    ~FlacPacketEncoder();

  private:
    struct State;
    explicit FlacPacketEncoder(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

// Any packets, in any order. Not thread-safe; may allocate at first.
class FlacPacketDecoder {
  public:
    // `invalid` for a format that is not offered.
    static core::Result<FlacPacketDecoder> open(const FlacPacketFormat& format);

    // Fills `frames` (packet_frames of them, interleaved). False, and counted, for what is no whole packet of this
    // format; then they are as they were.
    bool decode(std::span<const std::byte> packet, std::span<float> frames);
    std::uint64_t corrupt() const noexcept;

    FlacPacketDecoder(FlacPacketDecoder&&) noexcept;
    FlacPacketDecoder& operator=(FlacPacketDecoder&&) noexcept;
    ~FlacPacketDecoder();

  private:
    struct State;
    explicit FlacPacketDecoder(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace antiphon::media
