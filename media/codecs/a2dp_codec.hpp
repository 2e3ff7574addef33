// What A2DP carries to headsets and speakers: one descriptor a codec, so that others fit beside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

// Codec specific information elements, as end points exchange them (A2DP 1.3.2, 4.3 on): what one can, with a bit for
// each choice; or what was chosen, with one bit a choice.
using A2dpElements = std::vector<std::byte>;

struct A2dpFormat {
    core::SampleRate rate = 0;
    int channels = 0;
    int bits_per_s = 0;
    core::FrameCount delay_frames = 0;  // by which what is decoded is later than what was encoded: of its filters
    std::string text;                   // "SBC, 48 kHz joint stereo, bitpool 51": for people
};

// Frames in, packets out. Not thread-safe; allocates at construction only.
class A2dpEncoder {
  public:
    virtual ~A2dpEncoder() = default;

    // How many frames a packet takes: as many as fit.
    virtual core::FrameCount packet_frames() const = 0;
    // The packet, as it is written to the transport, of packet_frames() interleaved frames, -1..1, of which the first
    // is the stream's frame `first`. Valid until the next call. Real-time-safe.
    virtual std::span<const std::byte> encode(std::span<const float> frames, core::FrameCount first) = 0;
};

struct A2dpCodec {
    std::string_view name;  // "sbc"
    std::uint8_t id = 0;    // media codec type (Bluetooth Assigned Numbers, 6.5.1); 0xFF: a vendor's
    // What we offer.
    A2dpElements (*capabilities)();
    // Of what a device can, what we take. `corrupt` for what is no capability of this codec, `invalid` where nothing is
    // in common.
    core::Result<A2dpElements> (*choose)(std::span<const std::byte> device);
    // What a configuration means. `corrupt` for what is none: not one choice a field, or numbers that cannot be.
    core::Result<A2dpFormat> (*read)(std::span<const std::byte> configuration);
    // For packets of at most `mtu` bytes, the transport's write MTU. `corrupt` as above, `invalid` when not one frame
    // of the codec fits.
    core::Result<std::unique_ptr<A2dpEncoder>> (*open)(std::span<const std::byte> configuration, std::size_t mtu);
};

}  // namespace antiphon::media
