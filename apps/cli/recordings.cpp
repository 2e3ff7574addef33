// Looking into recordings.
#include "apps/cli/recordings.hpp"

#include <algorithm>

#include "apps/cli/wording.hpp"

namespace antiphon::cli {

std::size_t tracks_here(const api::RecordingView& recording) {
    return static_cast<std::size_t>(std::count_if(recording.tracks.begin(), recording.tracks.end(),
                                                  [](const auto& track) { return track.state == "uploaded"; }));
}

core::FrameCount length_of(const api::RecordingView& recording) {
    core::FrameCount longest = 0;
    for (const auto& track : recording.tracks) longest = std::max(longest, track.frames);
    return longest;
}

std::string failure_text(const api::RecordingView& recording) {
    std::vector<std::string> reasons;
    for (const auto& track : recording.tracks)
        if (track.state == "failed") reasons.push_back(track.input + ": " + track.reason);
    return "recording " + recording.id + " failed: " + listed(reasons);
}

}  // namespace antiphon::cli
