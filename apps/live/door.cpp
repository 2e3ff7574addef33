// The one place that knows both forms.
#include "apps/live/door.hpp"

#include "adapters/system/random.hpp"

namespace antiphon::live {
namespace {

constexpr int packet_frames_max = 5760;  // 120 ms, Opus' longest

}  // namespace

core::Result<Stream> stream_of(const core::LiveDoor& door, core::ClusterTime begins) {
    auto key = srtp::Key::from_hex(door.key);
    if (!key) return key.error().within("key of a live stream");
    if (door.packet_frames < 1 || door.packet_frames > packet_frames_max || door.channels < 1 || door.channels > 2)
        return core::Error{core::ErrorCode::invalid, "a live stream of " + std::to_string(door.channels) +
                                                         " channels and " + std::to_string(door.packet_frames) +
                                                         " frames a packet cannot be heard"};
    media::StreamIdentity identity;
    identity.ssrc = door.ssrc;
    identity.repair_ssrc = door.repair_ssrc;
    identity.first_sequence = door.first_sequence;
    identity.first_timestamp = door.first_timestamp;
    identity.packet_frames = door.packet_frames;
    return Stream{identity, *key, door.codec == core::LiveCodec::opus ? Codec::opus : Codec::flac, door.channels,
                  begins};
}

core::LiveDoor new_door(core::LiveCodec codec, int channels, int packet_frames) {
    core::LiveDoor door;
    door.codec = codec;
    door.channels = channels;
    door.packet_frames = packet_frames;
    const auto sources = system::random_u64();
    const auto origins = system::random_u64();
    door.ssrc = static_cast<std::uint32_t>(sources);
    door.repair_ssrc = static_cast<std::uint32_t>(sources >> 32);
    if (door.repair_ssrc == door.ssrc) ++door.repair_ssrc;
    door.first_sequence = static_cast<std::uint16_t>(origins);
    door.first_timestamp = static_cast<std::uint32_t>(origins >> 32);
    door.key = system::random_hex(srtp::Key::bytes);
    return door;
}

}  // namespace antiphon::live
