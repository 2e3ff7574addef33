// Whatever comes over the bus: it is a message, or refused with a reason; and a message says the same when it is sent
// on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/json/json.hpp"
#include "core/contract.hpp"
#include "core/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto message = json::decode<core::Message>(text);
    if (!message) {
        ANTIPHON_ASSERT(!message.error().what.empty());
        return 0;
    }
    const auto again = json::decode<core::Message>(json::encode(*message));
    ANTIPHON_ASSERT(again.ok() && *again == *message);
    return 0;
}
