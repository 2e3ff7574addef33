// Follows the coordinator's events, also across its restarts.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/api/views.hpp"
#include "apps/cli/settings.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

struct FollowHandlers {
    // Each event once, in order, those of the past first. `text` is the event as the server wrote it.
    std::function<void(const api::EventView& event, const std::string& text)> on_event;
    // The connection is lost; it is tried again until the user has enough.
    std::function<void(const std::string& reason)> on_lost;
};

// Blocks until the user ends it (SIGINT, SIGTERM), or until the server refuses: then the error.
core::Result<void> follow_events(const ClientSettings& settings, FollowHandlers handlers);

}  // namespace antiphon::cli
