// The files of a track, each by fetch_file().
#include "apps/cli/get_recording.hpp"

#include "apps/cli/fetch_file.hpp"

namespace antiphon::cli {
namespace {

namespace fs = std::filesystem;

// The server names the file; it must not name one outside the folder.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

core::Result<Fetched> fetch_track(const Call& call, const ApiClient& api, const std::string& recording,
                                  const api::TrackView& track, const fs::path& folder) {
    if (!is_plain_name(track.file))
        return core::Error{core::ErrorCode::invalid,
                           "the server names a file '" + track.file + "', which is no plain name"};
    const auto target =
        "/v1/recordings/" + http::percent_encoded(recording) + "/files/" + http::percent_encoded(track.file);
    const auto file = folder / track.file;
    const auto times = folder / (track.file + ".json");
    if (const auto fetched = fetch_file(call, api, {.target = target + ".json"}, times); !fetched)
        return fetched.error();
    if (has_content(file, track.sha256)) return Fetched{file, size_or_zero(file), true};
    if (const auto fetched = fetch_file(call, api, {.target = target, .sha256 = track.sha256}, file); !fetched)
        return fetched.error();
    return Fetched{file, size_or_zero(file), false};
}

}  // namespace antiphon::cli
