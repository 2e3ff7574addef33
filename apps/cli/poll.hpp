// Asks the coordinator the same thing again and again, until somebody has seen enough.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "adapters/http/client.hpp"
#include "apps/cli/settings.hpp"

namespace antiphon::cli {

inline constexpr std::chrono::milliseconds poll_interval{500};

// Whether it was enough. Gets refusals of the server as Errors, and `unavailable` while it cannot be reached.
using PollHandler = std::function<bool(const core::Result<http::Response>&)>;

// Blocks. False when the user ended it (SIGINT, SIGTERM) before the handler had enough.
bool poll(const ClientSettings& settings, const std::string& target, PollHandler handler);

}  // namespace antiphon::cli
