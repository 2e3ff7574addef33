// The little-endian samples of SampleEncoder, turned round.
#include "media/codecs/l16_packets.hpp"

#include <string>
#include <utility>

#include "core/contract.hpp"

namespace antiphon::media {

core::Result<L16PacketEncoder> L16PacketEncoder::open(const L16PacketFormat& format) {
    constexpr int frames_min = 16, frames_max = 360;
    if (format.channels < 1 || format.channels > 2 || format.packet_frames < frames_min ||
        format.packet_frames > frames_max)
        return core::Error{core::ErrorCode::invalid, "L16 packets of " + std::to_string(format.channels) +
                                                         " channels and " + std::to_string(format.packet_frames) +
                                                         " frames are not offered; 1 or 2, and 16 to 360"};
    return L16PacketEncoder(static_cast<std::size_t>(format.channels * format.packet_frames));
}

std::span<const std::byte> L16PacketEncoder::encode(std::span<const float> frames) noexcept {
    ANTIPHON_ASSERT(2 * frames.size() == bytes_.size());
    encoder_.encode(frames, bytes_.data());
    for (std::size_t i = 0; i + 1 < bytes_.size(); i += 2) std::swap(bytes_[i], bytes_[i + 1]);
    return bytes_;
}

}  // namespace antiphon::media
