// A recording as files that an editor opens: all tracks on the cluster's line of time.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "adapters/files/sound_writer.hpp"
#include "apps/export/manifest.hpp"
#include "apps/export/segment_source.hpp"

namespace antiphon::exporting {

struct Track {
    std::string input;  // worker/name
    std::vector<media::SegmentRow> rows;
    SegmentFile file_of;
};

// A moment that is to be found again.
struct Moment {
    core::ClusterTime at;
    core::WallTime wall;  // the same, for where the recording's clock is another
    std::string text;
};

struct Wanted {
    std::string recording;
    std::string title = {};
    std::vector<Moment> marks = {};
    std::filesystem::path folder;  // is there
    files::SoundFormat format = files::SoundFormat::flac;
    bool one_file = false;                       // a channel for each track; else a file for each
    std::function<void(double share)> progress;  // 0..1, now and then; may be empty
};

// Each track is rendered as if its device had run by the cluster's clock; what is missing is silent and told. Writes
// the sound, a picture (SVG) of each track, the marks as marks.txt (a label track of Audacity, if there are any) and
// manifest.json, the last; answers it. Files of the same names go.
// `not_found` where no track has sound. Takes a fraction of the recording's length.
core::Result<ExportManifest> export_recording(const std::vector<Track>& tracks, const Wanted& wanted);

}  // namespace antiphon::exporting
