// Permissions by name.
#include "core/permission.hpp"

#include <array>

namespace antiphon::core {
namespace {

constexpr std::array<std::string_view, 8> names = {"none", "view",   "play",  "record",
                                                   "pair", "update", "admin", "worker"};

}  // namespace

std::vector<Permission> PermissionSet::list() const {
    std::vector<Permission> all;
    for (std::size_t i = 0; i < names.size(); ++i)
        if ((bits_ & bit(static_cast<Permission>(i))) != 0) all.push_back(static_cast<Permission>(i));
    return all;
}

std::string_view to_string(Permission permission) noexcept { return names[static_cast<std::size_t>(permission)]; }

Result<Permission> parse_permission(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == text) return static_cast<Permission>(i);
    return Error{ErrorCode::invalid, "permission '" + std::string(text.substr(0, 64)) +
                                         "' is unknown; use view, play, record, pair, update, admin"};
}

}  // namespace antiphon::core
