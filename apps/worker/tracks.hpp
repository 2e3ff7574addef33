// The recordings that are made of this worker's inputs: a folder of segments each, found again after a restart.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/files/recording_space.hpp"
#include "adapters/files/segment_folder.hpp"
#include "adapters/files/track_recorder.hpp"
#include "apps/node/track_totals.hpp"
#include "apps/worker/input.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. A track is FOLDER/RECORDING/INPUT.
class Tracks {
  public:
    using WallClock = files::TrackRecorder::WallClock;

    // The inputs outlive it. `quota_bytes`: what recordings may take of the board; 0: what its disk has, less some.
    Tracks(std::filesystem::path folder, std::vector<Input>& inputs, WallClock wall, std::uint64_t quota_bytes);
    ~Tracks();

    // What an earlier life left, made whole, and what is being recorded. One that cannot be made whole now is a failed
    // track, and tried again at the next start.
    std::vector<core::TrackReport> recover();

    // Begins a track, or goes on with one that was found. Refusals become a failed report.
    void capture(const core::TrackId& id, const std::optional<core::SoundTrigger>& on_sound);
    void finish(const core::TrackId& id);
    void discard(const core::TrackId& id);
    void set_clock(const media::ClockMap& map);

    // What has changed since the last look.
    std::vector<core::TrackReport> poll();
    bool idle() const { return recorders_.empty() && news_.empty(); }

    // Segments that are whole and have to be brought to the coordinator, since the last call.
    std::vector<std::pair<core::TrackId, media::SegmentRow>> take_closed();
    // Of a track that has ended: the hash of each segment.
    std::map<int, std::string> hashes(const core::TrackId& id) const;
    std::filesystem::path file_of(const core::TrackId& id, int number) const;
    // It is safe at the coordinator, and goes here; the last of a track only when nothing more is told of it.
    void release(const core::TrackId& id, const media::SegmentRow& row);

  private:
    struct Track {
        std::map<int, media::SegmentRow> rows;           // closed
        node::TrackTotals totals;                        // of all rows; while it records, of the lives before
        std::unique_ptr<files::TrackRecorder> recorder;  // at work
        std::set<int> safe;                              // at the coordinator, and still here
    };

    core::TrackReport report_of(const core::TrackId& id, const Track& track) const;
    core::Result<files::SegmentFolder> open(const core::TrackId& id) const;
    core::Result<void> begin(const core::TrackId& id, const std::optional<core::SoundTrigger>& on_sound);
    std::optional<core::TrackReport> take_up(const core::TrackId& id);  // nothing: there is no segment of it
    void keep_closed(const core::TrackId& id, Track& track);
    void forget_empty(const core::TrackId& id);
    void let_go(const core::TrackId& id, Track& track);
    void look_at_space();
    void stop_listening(const core::TrackId& id, const files::TrackRecorder& recorder);

    const std::filesystem::path folder_;
    std::vector<Input>& inputs_;
    const WallClock wall_;
    media::ClockMap map_;
    files::RecordingSpace space_;
    std::map<core::TrackId, Track> tracks_;
    std::map<core::TrackId, files::TrackRecorder*> recorders_;  // at work
    std::vector<core::TrackReport> news_;
    std::vector<std::pair<core::TrackId, media::SegmentRow>> closed_;
};

}  // namespace antiphon::worker
