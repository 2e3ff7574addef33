// A live stream as both ends have to know it: what a session document says of it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "adapters/srtp/srtp.hpp"
#include "core/units.hpp"
#include "media/live/live_receiver.hpp"
#include "media/live/live_sender.hpp"
#include "media/live/stream_identity.hpp"

namespace antiphon::live {

enum class Codec : std::uint8_t { flac, opus, l16 };  // l16: for others; we only send it

struct Stream {
    media::StreamIdentity identity;
    srtp::Key key;
    Codec codec = Codec::flac;
    int channels = 2;
    core::ClusterTime start;  // when frame 0 comes from its source

    core::Duration period() const {
        return core::Duration{std::int64_t{identity.packet_frames} * 1'000'000'000 / core::cluster_rate};
    }
    // When packet 0 leaves, in cluster ns: its last frame is there then.
    std::int64_t first_departure_ns() const { return start.ns + period().count(); }
};

// Which packet these sealed bytes are, when one of about `near` is due; nothing for what is of another source.
std::optional<srtp::Index> index_of(const Stream& stream, std::span<const std::byte> sealed, std::int64_t near);

// `invalid` for what the codec does not have: FLAC has 1 or 2 channels and 16 to 1024 frames, Opus its durations, L16
// no decoder here.
core::Result<std::unique_ptr<media::PacketEncoder>> make_encoder(const Stream& stream);
core::Result<std::unique_ptr<media::PacketDecoder>> make_decoder(const Stream& stream);
// The first frame of packet 0: codecs look some frames ahead.
core::FrameCount first_frame(const Stream& stream);

}  // namespace antiphon::live
