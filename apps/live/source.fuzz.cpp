// Whatever is written for a source, and whatever a program writes to a pipe: an error, or frames that can be heard.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/live/pcm.hpp"
#include "core/contract.hpp"

namespace {

void read_as(const antiphon::live::PcmFormat& format, std::span<const std::byte> bytes) {
    antiphon::live::PcmReader reader(format);
    std::size_t frames = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto piece = std::min<std::size_t>(1 + std::to_integer<std::size_t>(bytes[at]) % 16, bytes.size() - at);
        const auto got = reader.read(bytes.subspan(at, piece));
        for (const auto value : got) ANTIPHON_ASSERT(std::abs(value) <= 1);
        frames += got.size() / 2;
        at += piece;
    }
    ANTIPHON_ASSERT(frames == bytes.size() / reader.frame_bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon::live;
    const auto spec = parse_source({reinterpret_cast<const char*>(data), size});
    if (!spec) ANTIPHON_ASSERT(!spec.error().what.empty());
    if (const auto* pipe = spec ? std::get_if<PipeSpec>(&*spec) : nullptr)
        ANTIPHON_ASSERT(pipe->path.starts_with('/') && pipe->format.channels >= 1 && pipe->format.channels <= 2);
    for (const auto sample : {SampleFormat::s16, SampleFormat::s24, SampleFormat::s32, SampleFormat::f32})
        for (const int channels : {1, 2}) read_as({sample, 48'000, channels}, std::as_bytes(std::span(data, size)));
    return 0;
}
