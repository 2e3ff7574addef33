// Whatever a headset says it can, or was configured to: an error with words, or an encoder whose packets fit.
#include <cstddef>
#include <cstdint>

#include "core/contract.hpp"
#include "media/codecs/a2dp_sbc.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon::media;
    if (size < 3) return 0;
    const auto mtu = static_cast<std::size_t>(data[0] << 8 | data[1]);
    const auto quality = data[2] % 2 == 0 ? A2dpQuality::standard : A2dpQuality::high;
    const auto said = std::as_bytes(std::span(data, size).subspan(3));
    const auto chosen = a2dp_sbc.choose(said, quality);
    ANTIPHON_ASSERT(chosen || !chosen.error().what.empty());
    if (chosen) ANTIPHON_ASSERT(a2dp_sbc.read(*chosen));
    for (const auto& configuration : {chosen ? *chosen : A2dpElements(), A2dpElements(said.begin(), said.end())}) {
        const auto format = a2dp_sbc.read(configuration);
        const auto encoder = a2dp_sbc.open(configuration, mtu);
        ANTIPHON_ASSERT(format || !encoder);
        if (!encoder) continue;
        const auto samples = static_cast<std::size_t>((*encoder)->packet_frames() * format->channels);
        ANTIPHON_ASSERT((*encoder)->encode(std::vector<float>(samples, 0.5F), 0).size() <= mtu);
    }
    return 0;
}
