// From a token to who shows it. The permissions themselves are the core's.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/permission.hpp"

namespace antiphon::http {

using core::Permission;
using core::PermissionSet;
using Identity = core::Principal;

struct Request;
// Nothing when the token is unknown or expired. Called on the server's loop, before the body is read.
using Authenticator = std::function<std::optional<Identity>(std::string_view bearer_token, const Request& request)>;

// Takes the same time wherever the texts differ; their lengths are not hidden. Use it for tokens.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace antiphon::http
