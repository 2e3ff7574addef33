// Linear 16 bit in packets, as any RTP receiver has it (RFC 3551, 4.5.11): most significant octet first.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "media/sample_format.hpp"

namespace antiphon::media {

struct L16PacketFormat {
    int channels = 2;         // 1 or 2
    int packet_frames = 240;  // 16..360: two channels of 360 frames are what an Ethernet frame holds
};

// Packet k holds the frames [k * packet_frames, (k + 1) * packet_frames) of what was put in, dithered as SampleEncoder
// does. Not thread-safe; allocates at construction only.
class L16PacketEncoder {
  public:
    // `invalid` for a format that is not offered.
    static core::Result<L16PacketEncoder> open(const L16PacketFormat& format);

    // One packet of `packet_frames` interleaved frames, -1..1. Valid until the next call.
    std::span<const std::byte> encode(std::span<const float> frames) noexcept;

  private:
    explicit L16PacketEncoder(std::size_t samples) : bytes_(2 * samples) {}

    SampleEncoder encoder_{SampleFormat::s16};
    std::vector<std::byte> bytes_;
};

}  // namespace antiphon::media
