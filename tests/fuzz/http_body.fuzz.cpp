// Whatever stands in a request's body: it is read, or refused with a reason, for each kind of body that the API takes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/json/json.hpp"
#include "apps/api/views.hpp"
#include "core/contract.hpp"

namespace {

using namespace antiphon;

template <class Body>
void read(std::string_view text) {
    const auto body = json::decode<Body>(text);
    if (body) {
        const auto text_again = json::encode(*body);
        const auto again = json::decode<Body>(text_again);
        ANTIPHON_ASSERT(again.ok() && json::encode(*again) == text_again);
    } else {
        ANTIPHON_ASSERT(!body.error().what.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read<api::PlayBody>(text);
    read<api::SeekBody>(text);
    read<api::VolumeBody>(text);
    read<api::ZoneBody>(text);
    read<api::ZoneRenameBody>(text);
    read<api::RecordBody>(text);
    read<api::JoinBody>(text);
    read<api::BackupBody>(text);
    read<api::TokenBody>(text);
    return 0;
}
