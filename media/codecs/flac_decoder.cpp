// libFLAC pulls and cannot wait, so it is let loose only on bytes that suffice for a frame.
#include "media/codecs/flac_decoder.hpp"

#include <FLAC/stream_decoder.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t header_bytes_max = std::size_t{16} << 20;

struct Free {
    void operator()(FLAC__StreamDecoder* decoder) const { FLAC__stream_decoder_delete(decoder); }
};

Error corrupt(const std::string& what) { return {ErrorCode::corrupt, "FLAC stream: " + what}; }

// The length of the header at the start of `bytes`; nothing while it is incomplete.
core::Result<std::optional<std::size_t>> header_length(std::span<const std::byte> bytes) {
    std::size_t at = 4;
    if (bytes.size() >= at && std::memcmp(bytes.data(), "fLaC", 4) != 0)
        return corrupt("does not start with 'fLaC'; give a native FLAC stream");
    while (bytes.size() >= at + 4) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(bytes[at + i]); };
        const bool last = (byte(0) & 0x80) != 0;
        at += 4 + (byte(1) << 16 | byte(2) << 8 | byte(3));
        if (at > header_bytes_max) return corrupt("its header is longer than 16 MiB; remove embedded pictures");
        if (last) return at <= bytes.size() ? std::optional(at) : std::nullopt;
    }
    return std::optional<std::size_t>();
}

}  // namespace

struct FlacDecoder::State {
    std::unique_ptr<FLAC__StreamDecoder, Free> decoder{FLAC__stream_decoder_new()};
    std::vector<std::byte> bytes;  // from `handed - at` of the stream on
    std::size_t at = 0;            // the next byte to hand over
    std::uint64_t handed = 0;      // bytes handed over to libFLAC so far
    std::size_t frame_bytes_max = 0;
    bool header_done = false, ended = false;
    FlacStreamInfo info;
    std::vector<float> samples;
    std::uint64_t lost = 0;
    std::optional<Error> failure;

    core::Result<void> start();
    core::Result<void> run();
    core::Result<void> fail(Error error) { return *(failure = std::move(error)); }
    std::size_t undecoded() const;

    static FLAC__StreamDecoderReadStatus read(const FLAC__StreamDecoder*, FLAC__byte out[], std::size_t* size,
                                              void* self);
    static FLAC__StreamDecoderTellStatus tell(const FLAC__StreamDecoder*, FLAC__uint64* offset, void* self) {
        *offset = static_cast<State*>(self)->handed;
        return FLAC__STREAM_DECODER_TELL_STATUS_OK;
    }
    static FLAC__StreamDecoderWriteStatus decoded(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                                  const FLAC__int32* const channels[], void* self);
    static void metadata(const FLAC__StreamDecoder*, const FLAC__StreamMetadata* block, void* self);
    static void damaged(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* self) {
        ++static_cast<State*>(self)->lost;
    }
};

FLAC__StreamDecoderReadStatus FlacDecoder::State::read(const FLAC__StreamDecoder*, FLAC__byte out[], std::size_t* size,
                                                       void* self) {
    auto& state = *static_cast<State*>(self);
    const auto given = std::min(*size, state.bytes.size() - state.at);
    if (given > 0) std::memcpy(out, state.bytes.data() + state.at, given);
    state.at += given;
    state.handed += given;
    *size = given;
    if (given > 0) return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
    return state.ended ? FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM : FLAC__STREAM_DECODER_READ_STATUS_ABORT;
}

FLAC__StreamDecoderWriteStatus FlacDecoder::State::decoded(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                                           const FLAC__int32* const channels[], void* self) {
    auto& state = *static_cast<State*>(self);
    const auto width = static_cast<std::uint32_t>(state.info.channels);
    if (frame->header.channels != width || static_cast<int>(frame->header.bits_per_sample) != state.info.bits) {
        ++state.lost;  // a frame that contradicts the header
        return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
    }
    const auto scale = static_cast<float>(std::ldexp(1.0, 1 - state.info.bits));
    for (std::uint32_t i = 0; i < frame->header.blocksize; ++i)
        for (std::uint32_t c = 0; c < width; ++c) state.samples.push_back(static_cast<float>(channels[c][i]) * scale);
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void FlacDecoder::State::metadata(const FLAC__StreamDecoder*, const FLAC__StreamMetadata* block, void* self) {
    auto& state = *static_cast<State*>(self);
    if (block->type == FLAC__METADATA_TYPE_STREAMINFO) {
        const auto& info = block->data.stream_info;
        state.info.rate = info.sample_rate;
        state.info.channels = static_cast<int>(info.channels);
        state.info.bits = static_cast<int>(info.bits_per_sample);
        state.info.total_frames = static_cast<core::FrameCount>(info.total_samples);
        // Verbatim is the worst; a side channel has one bit more.
        state.frame_bytes_max = std::size_t{info.max_blocksize} * info.channels * (info.bits_per_sample + 1) / 8 + 512;
    } else if (block->type == FLAC__METADATA_TYPE_VORBIS_COMMENT) {
        const auto& comments = block->data.vorbis_comment;
        for (std::uint32_t i = 0; i < comments.num_comments; ++i)
            state.info.comments.emplace_back(comments.comments[i].entry,
                                             comments.comments[i].entry + comments.comments[i].length);
    }
}

std::size_t FlacDecoder::State::undecoded() const {
    FLAC__uint64 position = 0;
    if (!FLAC__stream_decoder_get_decode_position(decoder.get(), &position)) position = handed;
    return static_cast<std::size_t>(handed - position) + (bytes.size() - at);
}

core::Result<void> FlacDecoder::State::start() {
    const auto length = header_length(bytes);
    if (!length) return fail(length.error());
    if (!*length) return ended ? fail(corrupt("ends within its header")) : core::Result<void>();
    header_done = true;
    FLAC__stream_decoder_set_metadata_respond(decoder.get(), FLAC__METADATA_TYPE_VORBIS_COMMENT);
    const auto status =
        FLAC__stream_decoder_init_stream(decoder.get(), &State::read, nullptr, &State::tell, nullptr, nullptr,
                                         &State::decoded, &State::metadata, &State::damaged, this);
    if (status != FLAC__STREAM_DECODER_INIT_STATUS_OK)
        return fail({ErrorCode::internal, std::string("libFLAC: ") + FLAC__StreamDecoderInitStatusString[status]});
    if (!FLAC__stream_decoder_process_until_end_of_metadata(decoder.get()) || info.rate == 0 || info.channels == 0)
        return fail(corrupt("its header cannot be read"));
    return {};
}

core::Result<void> FlacDecoder::State::run() {
    if (failure) return *failure;
    if (!header_done) {
        if (auto started = start(); !started || !header_done) return started;
    }
    // Damage can make it look for a frame beyond what has come; it searches on with the next bytes.
    while (ended || undecoded() >= frame_bytes_max) {
        const bool went_on = FLAC__stream_decoder_process_single(decoder.get());
        const auto state = FLAC__stream_decoder_get_state(decoder.get());
        if (state == FLAC__STREAM_DECODER_END_OF_STREAM) break;
        if (state == FLAC__STREAM_DECODER_ABORTED) {
            if (!FLAC__stream_decoder_flush(decoder.get()) || ended) break;
        } else if (!went_on) {
            return fail({ErrorCode::internal,
                         std::string("libFLAC: ") + FLAC__stream_decoder_get_resolved_state_string(decoder.get())});
        }
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    at = 0;
    return {};
}

FlacDecoder::FlacDecoder() : state_(std::make_unique<State>()) {}
FlacDecoder::FlacDecoder(FlacDecoder&&) noexcept = default;
FlacDecoder& FlacDecoder::operator=(FlacDecoder&&) noexcept = default;
FlacDecoder::~FlacDecoder() = default;

core::Result<void> FlacDecoder::feed(std::span<const std::byte> bytes) {
    state_->bytes.insert(state_->bytes.end(), bytes.begin(), bytes.end());
    return state_->run();
}

core::Result<void> FlacDecoder::finish() {
    state_->ended = true;
    return state_->run();
}

const FlacStreamInfo& FlacDecoder::info() const noexcept { return state_->info; }
std::vector<float> FlacDecoder::take() { return std::exchange(state_->samples, {}); }
std::uint64_t FlacDecoder::lost() const noexcept { return state_->lost; }

}  // namespace antiphon::media
