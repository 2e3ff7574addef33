// Whatever stands beside exported files: refused with a reason, or it is one line of time and reads the same again.
#include "apps/export/manifest.hpp"

#include <cstddef>
#include <cstdint>

#include "adapters/json/json.hpp"
#include "core/contract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    const auto manifest = exporting::read_manifest({reinterpret_cast<const char*>(data), size});
    if (!manifest) {
        ANTIPHON_ASSERT(!manifest.error().what.empty());
        return 0;
    }
    for (const auto& track : manifest->tracks) {
        core::FrameCount missing = 0;
        for (const auto& gap : track.gaps) missing += gap.count;
        ANTIPHON_ASSERT(0 <= missing && missing <= manifest->frames);
    }
    const auto text = json::encode(*manifest);
    const auto again = exporting::read_manifest(text);
    ANTIPHON_ASSERT(again && json::encode(*again) == text);
    return 0;
}
