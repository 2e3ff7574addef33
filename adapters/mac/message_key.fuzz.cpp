// Whatever comes over a bus that anybody may write to: it opens only if it is, to the byte, what the key seals.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/mac/message_key.hpp"
#include "core/contract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    static const auto key = *mac::MessageKey::from_hex(std::string(64, 'a'));
    constexpr std::string_view topic = "antiphon/v1/c1/workers/w1/alive";
    const std::string text(data, data + size);
    if (const auto opened = key.open(topic, text))
        ANTIPHON_ASSERT(key.seal(topic, *opened) == text);
    else
        ANTIPHON_ASSERT(opened.error().code == core::ErrorCode::denied);

    const auto object = "{" + text + "0}";
    auto sealed = key.seal(topic, object);
    const auto opened = key.open(topic, sealed);
    ANTIPHON_ASSERT(opened.ok() && *opened == object);
    const auto at = size == 0 ? 0 : data[0] * sealed.size() / 256;
    sealed[at] = static_cast<char>(sealed[at] ^ (1 << (size % 8)));
    ANTIPHON_ASSERT(!key.open(topic, sealed).ok());
    return 0;
}
