// Who may call what: each route names one permission, a token carries a set of them.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::http {

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

// "none", "view", ...
std::string_view to_string(Permission permission) noexcept;
core::Result<Permission> parse_permission(std::string_view text);

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
    constexpr bool has(Permission permission) const noexcept {
        return permission == Permission::none || (bits_ & bit(permission)) != 0;
    }
    friend constexpr bool operator==(PermissionSet, PermissionSet) = default;

  private:
    static constexpr std::uint32_t bit(Permission permission) { return 1U << static_cast<std::uint32_t>(permission); }
    std::uint32_t bits_ = 0;
};

// Whose token it was.
struct Identity {
    std::string name;  // a user's label, or a worker's id
    PermissionSet permissions;

    friend bool operator==(const Identity&, const Identity&) = default;
};

struct Request;
// Nothing when the token is unknown or expired. Called on the server's loop, before the body is read.
using Authenticator = std::function<std::optional<Identity>(std::string_view bearer_token, const Request& request)>;

// Takes the same time wherever the texts differ; their lengths are not hidden. Use it for tokens.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace antiphon::http
