// Whatever a packet of a live stream holds: it is decoded whole, or it changes nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/contract.hpp"
#include "media/codecs/flac_packets.hpp"
#include "media/codecs/opus_packets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon::media;
    static auto flac = *FlacPacketDecoder::open(FlacPacketFormat{});
    static auto opus = *OpusPacketDecoder::open(OpusPacketFormat{});
    const auto bytes = std::as_bytes(std::span(data, size));
    std::vector<float> frames(480, 9.0F);
    if (flac.decode(bytes, frames))
        ANTIPHON_ASSERT(std::ranges::all_of(frames, [](float x) { return x >= -1 && x < 1; }));
    else
        ANTIPHON_ASSERT(std::ranges::all_of(frames, [](float x) { return x == 9.0F; }));
    frames.resize(960);
    opus.decode(bytes, frames);
    return 0;
}
