// Who asks, and what they may: each route and each request names one permission, a token carries a set of them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace antiphon::core {

enum class Permission : std::uint8_t {
    none,  // anybody, no token needed
    view,
    play,
    record,
    pair,
    update,
    admin,
    worker,  // what only the cluster's own boards do: blobs, recordings up
};
BOOST_DESCRIBE_ENUM(Permission, none, view, play, record, pair, update, admin, worker)

// "none", "view", ...
std::string_view to_string(Permission permission) noexcept;
Result<Permission> parse_permission(std::string_view text);

class PermissionSet {
  public:
    constexpr PermissionSet() = default;
    constexpr PermissionSet(std::initializer_list<Permission> permissions) {
        for (const auto permission : permissions) add(permission);
    }

    // All that a person can have; not `worker`.
    static constexpr PermissionSet everything() {
        return {Permission::view, Permission::play,   Permission::record,
                Permission::pair, Permission::update, Permission::admin};
    }

    constexpr void add(Permission permission) noexcept { bits_ |= bit(permission); }
    // Nothing implies another one; `none` is in every set.
    constexpr bool has(Permission permission) const noexcept { return (bits_ & bit(permission)) == bit(permission); }
    // In the order of the enumeration.
    std::vector<Permission> list() const;
    friend constexpr bool operator==(PermissionSet, PermissionSet) = default;

  private:
    static constexpr std::uint32_t bit(Permission permission) {
        return permission == Permission::none ? 0 : 1U << static_cast<std::uint32_t>(permission);
    }
    std::uint32_t bits_ = 0;
};

// Whose request it is: known by a token, or by the machine itself.
struct Principal {
    std::string name;  // a token's name, or a worker's id
    PermissionSet permissions;
    TokenId token;  // of the row that lets it in; empty: the token file, or a worker's credential

    friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace antiphon::core
