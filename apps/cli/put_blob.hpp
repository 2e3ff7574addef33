// Brings a file to the coordinator, unless it is there already.
#pragma once

#include <filesystem>

#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

// Shows its progress on a terminal. `corrupt` when the file changed on the way.
core::Result<core::BlobHash> put_blob(const Call& call, const ApiClient& api, const std::filesystem::path& file);

// Where progress is shown: nowhere with --json or without a terminal.
std::ostream* progress_stream(const Call& call);

}  // namespace antiphon::cli
