// libFLAC goes from frame to frame; where it finds fault, the walk ends.
#include "media/codecs/flac_extent.hpp"

#include <FLAC/stream_decoder.h>

#include <memory>
#include <optional>
#include <string>

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

struct Free {
    void operator()(FLAC__StreamDecoder* decoder) const { FLAC__stream_decoder_delete(decoder); }
};

struct Walk {
    const std::function<core::Result<std::size_t>(std::span<std::byte>)>& read_more;
    std::unique_ptr<FLAC__StreamDecoder, Free> decoder{FLAC__stream_decoder_new()};
    std::optional<Error> failure;  // of reading
    std::uint64_t handed = 0;      // bytes
    std::uint64_t written = 0;     // bytes of these, up to the last that is not zero
    bool damaged = false;
    core::FrameCount got = 0;  // by the last step
    FlacExtent extent;
    FlacExtent last;  // without the last good frame

    static FLAC__StreamDecoderReadStatus read(const FLAC__StreamDecoder*, FLAC__byte out[], std::size_t* size,
                                              void* self) {
        auto& walk = *static_cast<Walk*>(self);
        const auto got = walk.read_more(std::as_writable_bytes(std::span(out, *size)));
        if (!got) {
            walk.failure = got.error();
            return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
        }
        for (std::size_t i = *got; i > 0; --i) {
            if (out[i - 1] == 0) continue;
            walk.written = walk.handed + i;
            break;
        }
        walk.handed += * size = *got;
        return *got > 0 ? FLAC__STREAM_DECODER_READ_STATUS_CONTINUE : FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
    }
    static FLAC__StreamDecoderTellStatus tell(const FLAC__StreamDecoder*, FLAC__uint64* offset, void* self) {
        *offset = static_cast<Walk*>(self)->handed;
        return FLAC__STREAM_DECODER_TELL_STATUS_OK;
    }
    static FLAC__StreamDecoderWriteStatus decoded(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                                  const FLAC__int32* const[], void* self) {
        auto& walk = *static_cast<Walk*>(self);
        const auto& header = frame->header;
        const bool next = header.number_type == FLAC__FRAME_NUMBER_TYPE_SAMPLE_NUMBER &&
                          header.number.sample_number == static_cast<std::uint64_t>(walk.extent.frames);
        const auto& info = walk.extent.info;
        if (!next || static_cast<int>(header.channels) != info.channels ||
            static_cast<int>(header.bits_per_sample) != info.bits)
            walk.damaged = true;
        walk.got = header.blocksize;
        return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
    }
    static void metadata(const FLAC__StreamDecoder*, const FLAC__StreamMetadata* block, void* self) {
        if (block->type != FLAC__METADATA_TYPE_STREAMINFO) return;
        auto& info = static_cast<Walk*>(self)->extent.info;
        const auto& told = block->data.stream_info;
        info.rate = told.sample_rate;
        info.channels = static_cast<int>(told.channels);
        info.bits = static_cast<int>(told.bits_per_sample);
        info.total_frames = static_cast<core::FrameCount>(told.total_samples);
    }
    static void fault(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* self) {
        static_cast<Walk*>(self)->damaged = true;
    }

    core::Result<void> begin() {
        const auto status =
            FLAC__stream_decoder_init_stream(decoder.get(), &Walk::read, nullptr, &Walk::tell, nullptr, nullptr,
                                             &Walk::decoded, &Walk::metadata, &Walk::fault, this);
        if (status != FLAC__STREAM_DECODER_INIT_STATUS_OK)
            return Error{ErrorCode::internal, std::string("libFLAC: ") + FLAC__StreamDecoderInitStatusString[status]};
        const bool header = FLAC__stream_decoder_process_until_end_of_metadata(decoder.get());
        if (failure) return *failure;
        if (!header || damaged || extent.info.rate == 0 || !note_position())
            return Error{ErrorCode::corrupt, "FLAC stream: there is no whole header"};
        return {};
    }

    // Up to here it is good.
    bool note_position() {
        FLAC__uint64 position = 0;
        if (!FLAC__stream_decoder_get_decode_position(decoder.get(), &position)) return false;
        extent.bytes = position;
        return true;
    }

    bool at_end() const { return FLAC__stream_decoder_get_state(decoder.get()) == FLAC__STREAM_DECODER_END_OF_STREAM; }

    // What was never written may read as zeros, which a CRC of zero takes for the end of a frame, each 65536th time.
    void distrust_zeros() {
        constexpr std::uint64_t zeros_believed = 2;  // the CRC itself
        if (extent.frames == 0 || extent.bytes < written + zeros_believed + 1) return;
        extent = last;
        damaged = true;
    }

    // False: that was all that is good.
    bool step() {
        got = 0;
        if (!FLAC__stream_decoder_process_single(decoder.get()) || damaged || failure || got == 0) return false;
        const auto so_far = extent;
        if (!note_position()) return false;
        last = so_far;
        extent.frames += got;
        return true;
    }
};

}  // namespace

core::Result<FlacExtent> flac_extent(const std::function<core::Result<std::size_t>(std::span<std::byte>)>& read) {
    Walk walk{read};
    if (auto begun = walk.begin(); !begun) return begun.error();
    while (walk.step()) {
    }
    if (walk.failure) return *walk.failure;
    walk.distrust_zeros();
    walk.extent.whole = !walk.damaged && walk.at_end() && walk.extent.bytes == walk.handed;
    return walk.extent;
}

}  // namespace antiphon::media
