// Permissions by name, and the comparison for tokens.
#include "adapters/http/permission.hpp"

#include <array>

namespace antiphon::http {
namespace {

constexpr std::array<std::string_view, 8> names = {"none", "view",   "play",  "record",
                                                   "pair", "update", "admin", "worker"};

}  // namespace

std::string_view to_string(Permission permission) noexcept { return names[static_cast<std::size_t>(permission)]; }

core::Result<Permission> parse_permission(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == text) return static_cast<Permission>(i);
    return core::Error{core::ErrorCode::invalid, "permission '" + std::string(text.substr(0, 64)) +
                                                     "' is unknown; use view, play, record, pair, update, admin"};
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    // volatile: the compiler may not leave the loop at the first difference
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<unsigned char>(difference | static_cast<unsigned char>(a[i] ^ b[i]));
    return difference == 0;
}

}  // namespace antiphon::http
