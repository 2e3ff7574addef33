// libFLAC as a codec of packets: a stream without a header, and a decoder that forgets all between two packets.
#include "media/codecs/flac_packets.hpp"

#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/contract.hpp"
#include "media/codecs/quantise.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

constexpr int bits = 16;
constexpr std::uint32_t restart_each = 1 << 16;  // packets: a frame's number has 31 bits, and costs bytes as it grows
constexpr int compression_level = 2;  // of 0..8: without exhaustive search; half a level more costs more than it saves

struct Free {
    void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
    void operator()(FLAC__StreamDecoder* decoder) const { FLAC__stream_decoder_delete(decoder); }
};

core::Result<void> check(const FlacPacketFormat& format) {
    if (format.channels < 1 || format.channels > 2)
        return Error{ErrorCode::invalid,
                     "FLAC packets with " + std::to_string(format.channels) + " channels are not offered; use 1 or 2"};
    if (format.packet_frames < 16 || format.packet_frames > 1024)
        return Error{ErrorCode::invalid, "FLAC packets of " + std::to_string(format.packet_frames) +
                                             " frames are not offered; use 16 to 1024"};
    return {};
}

}  // namespace

struct FlacPacketEncoder::State {
    FlacPacketFormat format;
    std::unique_ptr<FLAC__StreamEncoder, Free> encoder{FLAC__stream_encoder_new()};
    std::vector<FLAC__int32> integers;
    std::vector<FLAC__int32> ahead;  // the frame that the encoder has seen and not used yet
    std::vector<std::byte> packet;
    std::uint32_t packets = 0;  // since the encoder began

    static FLAC__StreamEncoderWriteStatus take(const FLAC__StreamEncoder*, const FLAC__byte bytes[], std::size_t size,
                                               std::uint32_t frames, std::uint32_t, void* self) {
        const auto made = std::as_bytes(std::span(bytes, size));
        if (frames > 0) static_cast<State*>(self)->packet.assign(made.begin(), made.end());
        return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
    }

    core::Result<void> start() {
        auto* e = encoder.get();
        FLAC__stream_encoder_set_channels(e, static_cast<std::uint32_t>(format.channels));
        FLAC__stream_encoder_set_bits_per_sample(e, bits);
        FLAC__stream_encoder_set_sample_rate(e, core::cluster_rate);
        FLAC__stream_encoder_set_compression_level(e, compression_level);
        FLAC__stream_encoder_set_blocksize(e, static_cast<std::uint32_t>(format.packet_frames));
        const auto status = FLAC__stream_encoder_init_stream(e, &State::take, nullptr, nullptr, nullptr, this);
        if (status != FLAC__STREAM_ENCODER_INIT_STATUS_OK)
            return Error{ErrorCode::internal, std::string("libFLAC: ") + FLAC__StreamEncoderInitStatusString[status]};
        process(ahead);
        packets = 0;
        return {};
    }

    void process(std::span<const FLAC__int32> frames) {
        const auto count = static_cast<std::uint32_t>(frames.size()) / static_cast<std::uint32_t>(format.channels);
        const bool made = FLAC__stream_encoder_process_interleaved(encoder.get(), frames.data(), count);
        ANTIPHON_ASSERT(made);  // nothing is refused by our callback, and memory has been there before
    }

    void restart() {
        FLAC__stream_encoder_finish(encoder.get());
        const auto started = start();
        ANTIPHON_ASSERT(started);  // the same format as before
    }
};

core::Result<FlacPacketEncoder> FlacPacketEncoder::open(const FlacPacketFormat& format) {
    if (auto fit = check(format); !fit) return fit.error();
    auto state = std::make_unique<State>();
    state->format = format;
    state->integers.resize(static_cast<std::size_t>(format.packet_frames * format.channels));
    state->ahead.resize(static_cast<std::size_t>(format.channels));
    state->packet.reserve(format.bytes_max());
    if (auto started = state->start(); !started) return started.error();
    return FlacPacketEncoder(std::move(state));
}

std::span<const std::byte> FlacPacketEncoder::encode(std::span<const float> frames) {
    auto& state = *state_;
    ANTIPHON_ASSERT(frames.size() == state.integers.size());
    if (state.packets++ == restart_each) state.restart();
    std::transform(frames.begin(), frames.end(), state.integers.begin(), [](float x) { return quantised(x, bits); });
    state.process(state.integers);
    std::copy(state.integers.end() - state.format.channels, state.integers.end(), state.ahead.begin());
    return state.packet;
}

FlacPacketEncoder::FlacPacketEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FlacPacketEncoder::FlacPacketEncoder(FlacPacketEncoder&&) noexcept = default;
FlacPacketEncoder& FlacPacketEncoder::operator=(FlacPacketEncoder&&) noexcept = default;
FlacPacketEncoder::~FlacPacketEncoder() = default;

struct FlacPacketDecoder::State {
    FlacPacketFormat format;
    std::unique_ptr<FLAC__StreamDecoder, Free> decoder{FLAC__stream_decoder_new()};
    std::span<const std::byte> left;  // of the packet in hand
    std::span<float> out;
    bool decoded = false;
    std::uint64_t corrupt = 0;

    static FLAC__StreamDecoderReadStatus read(const FLAC__StreamDecoder*, FLAC__byte bytes[], std::size_t* size,
                                              void* self) {
        auto& left = static_cast<State*>(self)->left;
        *size = std::min(*size, left.size());
        if (*size == 0) return FLAC__STREAM_DECODER_READ_STATUS_ABORT;  // a frame that goes on beyond its packet
        std::memcpy(bytes, left.data(), *size);
        left = left.subspan(*size);
        return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
    }
    static FLAC__StreamDecoderWriteStatus write(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                                const FLAC__int32* const channels[], void* self) {
        static_cast<State*>(self)->take(frame->header, channels);
        return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
    }
    static void damaged(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void*) {}

    void take(const FLAC__FrameHeader& header, const FLAC__int32* const channels[]) {
        const auto width = static_cast<std::uint32_t>(format.channels);
        if (header.channels != width || header.bits_per_sample != bits || header.sample_rate != core::cluster_rate ||
            header.blocksize != static_cast<std::uint32_t>(format.packet_frames) || decoded)
            return;
        for (std::uint32_t i = 0; i < header.blocksize; ++i)
            for (std::uint32_t c = 0; c < width; ++c)
                out[i * width + c] = static_cast<float>(channels[c][i]) / 32768.0F;
        decoded = true;
    }
};

core::Result<FlacPacketDecoder> FlacPacketDecoder::open(const FlacPacketFormat& format) {
    if (auto fit = check(format); !fit) return fit.error();
    auto state = std::make_unique<State>();
    state->format = format;
    const auto status = FLAC__stream_decoder_init_stream(state->decoder.get(), &State::read, nullptr, nullptr, nullptr,
                                                         nullptr, &State::write, nullptr, &State::damaged, state.get());
    if (status != FLAC__STREAM_DECODER_INIT_STATUS_OK)
        return Error{ErrorCode::internal, std::string("libFLAC: ") + FLAC__StreamDecoderInitStatusString[status]};
    return FlacPacketDecoder(std::move(state));
}

bool FlacPacketDecoder::decode(std::span<const std::byte> packet, std::span<float> frames) {
    auto& state = *state_;
    ANTIPHON_ASSERT(frames.size() == static_cast<std::size_t>(state.format.packet_frames * state.format.channels));
    state.left = packet;
    state.out = frames;
    state.decoded = false;
    FLAC__stream_decoder_flush(state.decoder.get());  // what is left of the packet before
    FLAC__stream_decoder_process_single(state.decoder.get());
    if (!state.decoded) ++state.corrupt;
    return state.decoded;
}

std::uint64_t FlacPacketDecoder::corrupt() const noexcept { return state_->corrupt; }

FlacPacketDecoder::FlacPacketDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FlacPacketDecoder::FlacPacketDecoder(FlacPacketDecoder&&) noexcept = default;
FlacPacketDecoder& FlacPacketDecoder::operator=(FlacPacketDecoder&&) noexcept = default;
FlacPacketDecoder::~FlacPacketDecoder() = default;

}  // namespace antiphon::media
