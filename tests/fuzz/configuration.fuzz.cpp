// Whatever stands in a configuration: it is read, or refused with a reason, and reading it again says the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/config/configuration.hpp"
#include "core/contract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto first = config::parse_configuration(text, "fuzz.toml");
    const auto second = config::parse_configuration(text, "fuzz.toml");
    ANTIPHON_ASSERT(first.ok() == second.ok());
    ANTIPHON_ASSERT(!first || *first == *second);
    ANTIPHON_ASSERT(first || first.error().what.starts_with("fuzz.toml"));
    return 0;
}
