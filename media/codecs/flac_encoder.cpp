// libFLAC's stream encoder behind a value type.
#include "media/codecs/flac_encoder.hpp"

#include <FLAC/metadata.h>
#include <FLAC/stream_encoder.h>

#include <algorithm>

#include "media/codecs/quantise.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

struct Free {
    void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
    void operator()(FLAC__StreamMetadata* block) const { FLAC__metadata_object_delete(block); }
};

core::Result<void> check(const FlacFormat& format) {
    if (format.channels < 1 || format.channels > 8)
        return Error{ErrorCode::invalid,
                     "FLAC with " + std::to_string(format.channels) + " channels does not exist; use 1 to 8"};
    if (format.bits != 16 && format.bits != 24)
        return Error{ErrorCode::invalid,
                     "FLAC with " + std::to_string(format.bits) + " bits is not offered; use 16 or 24"};
    if (format.rate < 1000 || format.rate > 655350)
        return Error{ErrorCode::invalid,
                     "FLAC at " + std::to_string(format.rate) + " Hz is not offered; use 1000 to 655350 Hz"};
    return {};
}

}  // namespace

std::uint32_t flac_block_frames(core::SampleRate rate) noexcept {
    const std::uint32_t most = rate / 20, subset_max = rate <= 48000 ? 4608 : 16384;
    std::uint32_t frames = 16;
    while (frames * 2 < most && frames * 2 <= subset_max) frames *= 2;
    return frames;
}

struct FlacEncoder::State {
    FlacFormat format;
    Sink sink;
    std::unique_ptr<FLAC__StreamMetadata, Free> comments;
    std::unique_ptr<FLAC__StreamEncoder, Free> encoder;
    std::vector<FLAC__int32> integers;
    bool failed = false;

    static FLAC__StreamEncoderWriteStatus take(const FLAC__StreamEncoder*, const FLAC__byte bytes[], std::size_t size,
                                               std::uint32_t frames, std::uint32_t, void* self) {
        auto& state = *static_cast<State*>(self);
        state.failed = state.failed || !state.sink(std::as_bytes(std::span(bytes, size)), frames);
        return state.failed ? FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR : FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
    }

    core::Result<void> set_comments();
    core::Result<void> start();
    Error failure() const {
        if (failed) return {ErrorCode::unavailable, "the sink of the FLAC encoder took no more bytes"};
        return {ErrorCode::internal,
                "libFLAC: " + std::string(FLAC__stream_encoder_get_resolved_state_string(encoder.get()))};
    }
};

core::Result<void> FlacEncoder::State::set_comments() {
    comments.reset(FLAC__metadata_object_new(FLAC__METADATA_TYPE_VORBIS_COMMENT));
    for (const auto& [name, value] : format.comments) {
        FLAC__StreamMetadata_VorbisComment_Entry entry;
        if (!FLAC__metadata_object_vorbiscomment_entry_from_name_value_pair(&entry, name.c_str(), value.c_str()))
            return Error{ErrorCode::invalid,
                         "'" + name + "' with value '" + value +
                             "' is no Vorbis comment; use a name of ASCII without '=', text in UTF-8"};
        FLAC__metadata_object_vorbiscomment_append_comment(comments.get(), entry, /*copy=*/false);
    }
    return {};
}

core::Result<void> FlacEncoder::State::start() {
    encoder.reset(FLAC__stream_encoder_new());
    auto* e = encoder.get();
    FLAC__stream_encoder_set_channels(e, static_cast<std::uint32_t>(format.channels));
    FLAC__stream_encoder_set_bits_per_sample(e, static_cast<std::uint32_t>(format.bits));
    FLAC__stream_encoder_set_sample_rate(e, format.rate);
    FLAC__stream_encoder_set_compression_level(e, 5);
    FLAC__stream_encoder_set_blocksize(e, flac_block_frames(format.rate));
    auto* block = comments.get();
    FLAC__stream_encoder_set_metadata(e, &block, 1);
    const auto status = FLAC__stream_encoder_init_stream(e, &State::take, nullptr, nullptr, nullptr, this);
    if (status == FLAC__STREAM_ENCODER_INIT_STATUS_OK) return {};
    if (failed) return failure();
    return Error{ErrorCode::invalid,
                 std::string("libFLAC refuses the format: ") + FLAC__StreamEncoderInitStatusString[status]};
}

core::Result<FlacEncoder> FlacEncoder::open(const FlacFormat& format, Sink sink) {
    if (auto fit = check(format); !fit) return fit.error();
    auto state = std::make_unique<State>();
    state->format = format;
    state->sink = std::move(sink);
    if (auto set = state->set_comments(); !set) return set.error();
    if (auto started = state->start(); !started) return started.error();
    return FlacEncoder(std::move(state));
}

core::Result<void> FlacEncoder::write(std::span<const float> samples) {
    ANTIPHON_ASSERT(samples.size() % static_cast<std::size_t>(state_->format.channels) == 0);
    auto& integers = state_->integers;
    integers.resize(samples.size());
    std::transform(samples.begin(), samples.end(), integers.begin(),
                   [bits = state_->format.bits](float x) { return quantised(x, bits); });
    const auto frames = samples.size() / static_cast<std::size_t>(state_->format.channels);
    if (!FLAC__stream_encoder_process_interleaved(state_->encoder.get(), integers.data(),
                                                  static_cast<std::uint32_t>(frames)))
        return state_->failure();
    return {};
}

core::Result<void> FlacEncoder::finish() {
    if (!FLAC__stream_encoder_finish(state_->encoder.get())) return state_->failure();
    return {};
}

FlacEncoder::FlacEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FlacEncoder::FlacEncoder(FlacEncoder&&) noexcept = default;
FlacEncoder& FlacEncoder::operator=(FlacEncoder&&) noexcept = default;
FlacEncoder::~FlacEncoder() {
    // Its finish() may still call the sink, whose owner may be gone.
    if (state_) state_->failed = true;
}

}  // namespace antiphon::media
