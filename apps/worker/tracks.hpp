// The recordings that are made of this worker's inputs: files in a folder, found again after a restart.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/files/track_recorder.hpp"
#include "apps/worker/input.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread.
class Tracks {
  public:
    // The inputs outlive it.
    Tracks(std::filesystem::path folder, std::string worker_name, std::vector<Input>& inputs);
    ~Tracks();

    // What an earlier life left, and what is being recorded: whole files, and growing ones made whole. One that holds
    // no sound is put aside, as NAME.part.broken; one that cannot be made whole now is a failed track, and tried again
    // at the next start.
    std::vector<core::TrackReport> recover();

    // Refusals become a failed report.
    void capture(const core::TrackId& id, core::WallTime now);
    void finish(const core::TrackId& id);
    void discard(const core::TrackId& id);
    void set_clock(const media::ClockMap& map);

    // What has changed since the last look.
    std::vector<core::TrackReport> poll();
    bool idle() const { return recorders_.empty() && news_.empty(); }

    files::TrackFile file_of(const core::TrackId& id) const;

  private:
    void stop_listening(const core::TrackId& id, const files::TrackRecorder& recorder);
    core::Result<void> begin(const core::TrackId& id, core::WallTime now);

    const std::filesystem::path folder_;
    const std::string worker_name_;
    std::vector<Input>& inputs_;
    media::ClockMap map_;
    std::map<core::TrackId, std::unique_ptr<files::TrackRecorder>> recorders_;
    std::vector<core::TrackReport> news_;
    std::map<core::TrackId, core::TrackReport> whole_;  // files whose digest is known
};

}  // namespace antiphon::worker
