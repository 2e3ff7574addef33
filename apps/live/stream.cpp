// The codecs behind the interfaces of the stream's ends.
#include "apps/live/stream.hpp"

#include "media/codecs/flac_packets.hpp"
#include "media/codecs/l16_packets.hpp"
#include "media/codecs/opus_packets.hpp"
#include "media/rtp/packet.hpp"

namespace antiphon::live {
namespace {

template <class Coder>
struct Encoding final : media::PacketEncoder {
    Coder coder;
    explicit Encoding(Coder made) : coder(std::move(made)) {}
    std::span<const std::byte> encode(std::span<const float> frames) override { return coder.encode(frames); }
};

template <class Coder>
struct Decoding final : media::PacketDecoder {
    Coder coder;
    explicit Decoding(Coder made) : coder(std::move(made)) {}
    bool decode(std::span<const std::byte> packet, std::span<float> frames) override {
        return coder.decode(packet, frames);
    }
};

media::FlacPacketFormat flac_format(const Stream& stream) { return {stream.channels, stream.identity.packet_frames}; }
media::OpusPacketFormat opus_format(const Stream& stream) {
    return {.channels = stream.channels, .packet_frames = stream.identity.packet_frames};
}

template <class Interface, template <class> class Behind, class Coder>
core::Result<std::unique_ptr<Interface>> behind(core::Result<Coder> made) {
    if (!made) return made.error();
    return std::unique_ptr<Interface>(std::make_unique<Behind<Coder>>(std::move(*made)));
}

}  // namespace

std::optional<srtp::Index> index_of(const Stream& stream, std::span<const std::byte> sealed, std::int64_t near) {
    const auto& identity = stream.identity;
    const auto label = rtp::label_of(sealed);
    if (!label || (label->ssrc != identity.ssrc && label->ssrc != identity.repair_ssrc)) return std::nullopt;
    return identity.index(identity.number(label->sequence, near));
}

core::Result<std::unique_ptr<media::PacketEncoder>> make_encoder(const Stream& stream) {
    if (stream.codec == Codec::opus)
        return behind<media::PacketEncoder, Encoding>(media::OpusPacketEncoder::open(opus_format(stream)));
    if (stream.codec == Codec::l16)
        return behind<media::PacketEncoder, Encoding>(
            media::L16PacketEncoder::open({stream.channels, stream.identity.packet_frames}));
    return behind<media::PacketEncoder, Encoding>(media::FlacPacketEncoder::open(flac_format(stream)));
}

core::Result<std::unique_ptr<media::PacketDecoder>> make_decoder(const Stream& stream) {
    if (stream.codec == Codec::opus)
        return behind<media::PacketDecoder, Decoding>(media::OpusPacketDecoder::open(opus_format(stream)));
    if (stream.codec == Codec::l16)
        return core::Error{core::ErrorCode::invalid, "L16 is sent to others, and not received"};
    return behind<media::PacketDecoder, Decoding>(media::FlacPacketDecoder::open(flac_format(stream)));
}

core::FrameCount first_frame(const Stream& stream) {
    if (stream.codec == Codec::flac) return media::FlacPacketEncoder::first_frame;
    if (stream.codec == Codec::l16) return 0;
    const auto encoder = media::OpusPacketEncoder::open(opus_format(stream));
    return encoder ? encoder->first_frame() : 0;
}

}  // namespace antiphon::live
