// Whatever comes to a port of live audio: it opens only if it was sealed, and then once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "adapters/srtp/srtp.hpp"
#include "core/contract.hpp"

namespace {

// What a stream's clock would say.
antiphon::srtp::Index index_of(std::span<const std::byte> packet) {
    if (packet.size() < 4) return 0;
    return 0x70000U | std::to_integer<unsigned>(packet[2]) << 8 | std::to_integer<unsigned>(packet[3]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    static const auto key = *srtp::Key::from_hex(std::string(60, 'a'));
    auto opener = *srtp::Opener::open(key);
    auto sealer = *srtp::Sealer::open(key);
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    for (const bool control : {false, true}) {
        std::vector<std::byte> packet(bytes, bytes + size);
        std::span<std::byte> view(packet);
        const auto opened = control ? opener.open_rtcp(view) : opener.open_rtp(view, index_of(view));
        ANTIPHON_ASSERT(opened != srtp::Opened::good);  // nobody guesses the code of 80 bits

        packet.assign(bytes, bytes + size);
        packet.resize(size + srtp::overhead_max);
        const auto length = control ? sealer.seal_rtcp(packet, size) : sealer.seal_rtp(packet, size, index_of(packet));
        if (length == 0) continue;
        auto sealed = std::span(packet).first(length);
        auto again = std::vector<std::byte>(sealed.begin(), sealed.end());
        const auto first = control ? opener.open_rtcp(sealed) : opener.open_rtp(sealed, index_of(sealed));
        if (first != srtp::Opened::good) continue;  // what is no RTP but looks like it
        ANTIPHON_ASSERT(std::equal(sealed.begin(), sealed.end(), bytes, bytes + size));
        std::span<std::byte> twice(again);
        ANTIPHON_ASSERT((control ? opener.open_rtcp(twice) : opener.open_rtp(twice, index_of(twice))) ==
                        srtp::Opened::replayed);
    }
    return 0;
}
