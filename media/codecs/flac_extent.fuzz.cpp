// Whatever is left of a FLAC file after a power cut, or on a disk that forgets: what is called good is a whole stream
// of its own; of a stream of ours all frames before the first damage are, and what is salvaged has all blocks that no
// damage has touched.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/contract.hpp"
#include "media/codecs/flac_encoder.hpp"
#include "media/codecs/flac_extent.hpp"
#include "media/codecs/flac_salvage.hpp"

namespace {

using namespace antiphon::media;
using Bytes = std::vector<std::byte>;

antiphon::core::Result<FlacExtent> extent_of(std::span<const std::byte> bytes) {
    return flac_extent([bytes](std::span<std::byte> out) mutable -> antiphon::core::Result<std::size_t> {
        const auto given = std::min(out.size(), bytes.size());
        if (given > 0) std::memcpy(out.data(), bytes.data(), given);
        bytes = bytes.subspan(given);
        return given;
    });
}

constexpr antiphon::core::FrameCount block = 2048, frames_max = block * 64;

FlacSalvage salvaged(std::span<const std::byte> bytes) {
    auto salvage = salvage_flac(bytes, {.channels = 1}, frames_max);
    antiphon::core::FrameCount from = 0;
    for (const auto& lost : salvage.lost) {
        ANTIPHON_ASSERT(lost.first >= from && lost.count > 0);
        from = lost.first + lost.count;
    }
    ANTIPHON_ASSERT(from <= salvage.frames && salvage.frames <= frames_max);
    ANTIPHON_ASSERT(salvage.bytes.empty() == (salvage.frames == 0));
    if (salvage.frames == 0) return salvage;
    const auto extent = extent_of(salvage.bytes);
    ANTIPHON_ASSERT(extent && extent->whole && extent->frames == salvage.frames);
    return salvage;
}

void look_at(std::span<const std::byte> bytes) {
    salvaged(bytes);
    const auto extent = extent_of(bytes);
    if (!extent) return;
    ANTIPHON_ASSERT(extent->bytes <= bytes.size() && extent->frames >= 0);
    ANTIPHON_ASSERT(extent->whole == (extent->bytes == bytes.size()));
    const auto again = extent_of(bytes.first(extent->bytes));
    ANTIPHON_ASSERT(again && again->whole && again->bytes == extent->bytes && again->frames == extent->frames);
}

struct Stream {
    Bytes bytes;
    std::vector<std::size_t> ends;  // of each FLAC frame
    std::size_t header = 0;
};

Stream make_stream() {
    Stream stream;
    auto encoder = FlacEncoder::open({.channels = 1}, [&](std::span<const std::byte> bytes, std::uint32_t frames) {
        stream.bytes.insert(stream.bytes.end(), bytes.begin(), bytes.end());
        frames > 0 ? stream.ends.push_back(stream.bytes.size()) : void(stream.header = stream.bytes.size());
        return true;
    });
    std::vector<float> samples(static_cast<std::size_t>(block) * 4 - 300);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i * 7919 % 2000) / 8000;
    ANTIPHON_ASSERT(encoder && encoder->write(samples) && encoder->finish());
    return stream;
}

// Three bytes of the input are a place and what is changed there; the rest is written behind the end.
void damage(std::span<const std::uint8_t> input) {
    static const auto stream = make_stream();
    auto bytes = stream.bytes;
    auto first = bytes.size();
    std::vector<bool> touched(stream.ends.size());
    const auto touch = [&](std::size_t at) {
        const auto hit = std::ranges::upper_bound(stream.ends, at) - stream.ends.begin();
        touched[static_cast<std::size_t>(hit)] = true;
    };
    for (; input.size() >= 3; input = input.subspan(3)) {
        const auto at = static_cast<std::size_t>(input[0] << 8 | input[1]) % bytes.size();
        if (input[2] == 0) bytes.resize(std::max(at, std::size_t{1}));
        if (at < bytes.size()) bytes[at] ^= std::byte{input[2]};
        first = std::min(first, at);
        touch(at);
    }
    for (std::size_t i = 0; i < stream.ends.size(); ++i) touched[i] = touched[i] || stream.ends[i] > bytes.size();
    const auto salvage = salvaged(bytes);
    for (std::size_t i = 0; i < touched.size(); ++i) {
        const auto at = static_cast<antiphon::core::FrameCount>(i) * block;
        const bool lost = at >= salvage.frames || std::ranges::any_of(salvage.lost, [&](const auto& one) {
                              return one.first <= at && at < one.first + one.count;
                          });
        ANTIPHON_ASSERT(touched[i] || !lost);
    }
    if (first < stream.header) return look_at(bytes);
    const auto extent = extent_of(bytes);
    ANTIPHON_ASSERT(extent);
    const auto sound = std::ranges::upper_bound(stream.ends, first) - stream.ends.begin();
    ANTIPHON_ASSERT(extent->frames >= std::min<antiphon::core::FrameCount>(2048 * sound, 2048 * 4 - 300));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    look_at(std::as_bytes(std::span(data, size)));
    damage(std::span(data, size).first(std::min<std::size_t>(size, 30)));
    return 0;
}
