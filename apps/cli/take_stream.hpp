// Takes what a server gives without an end, until somebody has had enough.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "apps/cli/settings.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::cli {

struct TakenStream {
    std::uint64_t bytes = 0;
    double seconds = 0;  // since the first byte
    bool ended = false;  // by the server, and not by us
};

// The sink's error ends it and is returned.
using StreamSink = std::function<core::Result<void>(std::span<const std::byte> piece)>;

// Blocks until the user ends it (SIGINT, SIGTERM), `length` has passed since the first byte, or the server ends it.
// The server's refusals come as errors in its own words; a connection that breaks is one too.
core::Result<TakenStream> take_stream(const ClientSettings& settings, const std::string& target,
                                      std::optional<core::Duration> length, StreamSink sink);

}  // namespace antiphon::cli
