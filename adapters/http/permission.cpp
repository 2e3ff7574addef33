// The comparison for tokens.
#include "adapters/http/permission.hpp"

namespace antiphon::http {

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    // volatile: the compiler may not leave the loop at the first difference
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<unsigned char>(difference | static_cast<unsigned char>(a[i] ^ b[i]));
    return difference == 0;
}

}  // namespace antiphon::http
