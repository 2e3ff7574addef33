// Brings the files of a recording into a folder.
#pragma once

#include <filesystem>

#include "apps/api/views.hpp"
#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"

namespace antiphon::cli {

// What came of one track's file.
struct Fetched {
    std::filesystem::path file;
    std::uint64_t size_bytes = 0;
    bool was_there = false;  // with the right content
};

// The track's file and the FILE.json beside it. What an earlier try left is completed, not fetched again; the content
// is checked, and only then the file gets its name.
core::Result<Fetched> fetch_track(const Call& call, const ApiClient& api, const std::string& recording,
                                  const api::TrackView& track, const std::filesystem::path& folder);

}  // namespace antiphon::cli
