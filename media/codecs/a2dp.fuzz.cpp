// Whatever a headset says it can, or was configured to: an error with words, or an encoder whose packets fit.
#include <cstddef>
#include <cstdint>

#include "core/contract.hpp"
#include "media/codecs/a2dp_codecs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon::media;
    if (size < 3) return 0;
    const auto mtu = static_cast<std::size_t>(data[0] << 8 | data[1]);
    const auto codecs = a2dp_codecs();
    const auto& codec = *codecs[data[2] % codecs.size()];
    const auto said = std::as_bytes(std::span(data, size).subspan(3));
    const auto chosen = codec.choose(said);
    ANTIPHON_ASSERT(chosen || !chosen.error().what.empty());
    if (chosen) ANTIPHON_ASSERT(codec.read(*chosen));
    for (const auto& configuration : {chosen ? *chosen : A2dpElements(), A2dpElements(said.begin(), said.end())}) {
        const auto format = codec.read(configuration);
        const auto encoder = codec.open(configuration, mtu);
        ANTIPHON_ASSERT(format || !encoder);
        if (!encoder) continue;
        const auto samples = static_cast<std::size_t>((*encoder)->packet_frames() * format->channels);
        ANTIPHON_ASSERT((*encoder)->encode(std::vector<float>(samples, 0.5F), 0).size() <= mtu);
    }
    return 0;
}
