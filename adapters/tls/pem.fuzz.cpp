// Whatever stands in a certificate file: it is read or refused, and what its certificates say can be shown.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/tls/openssl.hpp"
#include "core/contract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    for (const auto& certificate : tls::parse_certificates({reinterpret_cast<const char*>(data), size})) {
        ANTIPHON_ASSERT(certificate != nullptr);
        tls::listed(tls::names_of(*certificate));
        tls::issuer_of(*certificate);
        ANTIPHON_ASSERT(!tls::date_text(tls::begin_of(*certificate)).empty());
        ANTIPHON_ASSERT(!tls::date_text(tls::end_of(*certificate)).empty());
    }
    return 0;
}
