// libopus behind value types.
#include "media/codecs/opus_packets.hpp"

#include <opus.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

constexpr auto rate = static_cast<opus_int32>(core::cluster_rate);

struct Free {
    void operator()(OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }
    void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

core::Result<void> check(const OpusPacketFormat& format) {
    constexpr std::array frames{120, 240, 480, 960, 1920, 2880};
    if (format.channels < 1 || format.channels > 2)
        return Error{ErrorCode::invalid,
                     "Opus with " + std::to_string(format.channels) + " channels is not offered; use 1 or 2"};
    if (std::ranges::find(frames, format.packet_frames) == frames.end())
        return Error{ErrorCode::invalid, "Opus packets of " + std::to_string(format.packet_frames) +
                                             " frames do not exist; use 120, 240, 480, 960, 1920 or 2880"};
    if (format.bits_per_s < 6000 || format.bits_per_s > 510'000)
        return Error{ErrorCode::invalid,
                     "Opus at " + std::to_string(format.bits_per_s) + " bit/s does not exist; use 6000 to 510000"};
    return {};
}

Error failure(int code) { return {ErrorCode::internal, std::string("libopus: ") + opus_strerror(code)}; }

const unsigned char* octets(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

struct OpusPacketEncoder::State {
    OpusPacketFormat format;
    std::unique_ptr<OpusEncoder, Free> encoder;
    opus_int32 lookahead = 0;
    std::array<std::byte, OpusPacketFormat::bytes_max> packet{};
};

core::Result<OpusPacketEncoder> OpusPacketEncoder::open(const OpusPacketFormat& format) {
    if (auto fit = check(format); !fit) return fit.error();
    auto state = std::make_unique<State>();
    state->format = format;
    int code = OPUS_OK;
    state->encoder.reset(opus_encoder_create(rate, format.channels, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &code));
    if (code == OPUS_OK) code = opus_encoder_ctl(state->encoder.get(), OPUS_SET_BITRATE(format.bits_per_s));
    if (code == OPUS_OK) code = opus_encoder_ctl(state->encoder.get(), OPUS_GET_LOOKAHEAD(&state->lookahead));
    if (code != OPUS_OK) return failure(code);
    return OpusPacketEncoder(std::move(state));
}

std::span<const std::byte> OpusPacketEncoder::encode(std::span<const float> frames) {
    auto& state = *state_;
    ANTIPHON_ASSERT(frames.size() == static_cast<std::size_t>(state.format.packet_frames * state.format.channels));
    const auto size = opus_encode_float(state.encoder.get(), frames.data(), state.format.packet_frames,
                                        reinterpret_cast<unsigned char*>(state.packet.data()),
                                        static_cast<opus_int32>(state.packet.size()));
    ANTIPHON_ASSERT(size > 0);  // it refuses only what check() has refused
    return std::span(state.packet).first(static_cast<std::size_t>(size));
}

core::FrameCount OpusPacketEncoder::first_frame() const noexcept { return -state_->lookahead; }

OpusPacketEncoder::OpusPacketEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpusPacketEncoder::OpusPacketEncoder(OpusPacketEncoder&&) noexcept = default;
OpusPacketEncoder& OpusPacketEncoder::operator=(OpusPacketEncoder&&) noexcept = default;
OpusPacketEncoder::~OpusPacketEncoder() = default;

struct OpusPacketDecoder::State {
    OpusPacketFormat format;
    std::unique_ptr<OpusDecoder, Free> decoder;
    std::uint64_t corrupt = 0;
};

core::Result<OpusPacketDecoder> OpusPacketDecoder::open(const OpusPacketFormat& format) {
    if (auto fit = check(format); !fit) return fit.error();
    auto state = std::make_unique<State>();
    state->format = format;
    int code = OPUS_OK;
    state->decoder.reset(opus_decoder_create(rate, format.channels, &code));
    if (code != OPUS_OK) return failure(code);
    return OpusPacketDecoder(std::move(state));
}

bool OpusPacketDecoder::decode(std::span<const std::byte> packet, std::span<float> frames) {
    auto& state = *state_;
    ANTIPHON_ASSERT(frames.size() == static_cast<std::size_t>(state.format.packet_frames * state.format.channels));
    const auto size = static_cast<opus_int32>(std::min(packet.size(), OpusPacketFormat::bytes_max + 1));
    const bool fits = size > 0 && size <= static_cast<opus_int32>(OpusPacketFormat::bytes_max) &&
                      opus_packet_get_nb_samples(octets(packet), size, rate) == state.format.packet_frames;
    const bool decoded = fits && opus_decode_float(state.decoder.get(), octets(packet), size, frames.data(),
                                                   state.format.packet_frames, 0) == state.format.packet_frames;
    if (!decoded) ++state.corrupt;
    return decoded;
}

std::uint64_t OpusPacketDecoder::corrupt() const noexcept { return state_->corrupt; }

OpusPacketDecoder::OpusPacketDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpusPacketDecoder::OpusPacketDecoder(OpusPacketDecoder&&) noexcept = default;
OpusPacketDecoder& OpusPacketDecoder::operator=(OpusPacketDecoder&&) noexcept = default;
OpusPacketDecoder::~OpusPacketDecoder() = default;

}  // namespace antiphon::media
