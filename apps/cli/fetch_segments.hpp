// The segments of a track, each by fetch_file().
#pragma once

#include <filesystem>
#include <vector>

#include "apps/api/views.hpp"
#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::cli {

// Into the folder, named as files::SegmentFolder does; what is there already, and what it should be, is not fetched
// again. The rows of what is at the coordinator.
core::Result<std::vector<media::SegmentRow>> fetch_segments(const Call& call, const ApiClient& api,
                                                            const std::string& recording, const std::string& track,
                                                            const std::filesystem::path& folder);

}  // namespace antiphon::cli
