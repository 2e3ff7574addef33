// The inputs of this worker and the recordings that are made of them: files in a folder, found again after a restart.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/files/track_recorder.hpp"
#include "core/worker.hpp"
#include "ports/audio.hpp"

namespace antiphon::worker {

struct Input {
    std::string name;
    std::string device;
    std::string failure;  // why there is no source
    std::unique_ptr<ports::AudioSource> source;

    // Empty: working.
    std::string trouble() const { return source ? source->trouble() : failure; }
};

// On the loop's thread.
class Tracks {
  public:
    Tracks(std::filesystem::path folder, std::string worker_name, std::vector<Input> inputs);
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
    const std::vector<Input>& inputs() const { return inputs_; }

  private:
    Input* find_input(const std::string& name);
    core::Result<void> begin(const core::TrackId& id, core::WallTime now);

    const std::filesystem::path folder_;
    const std::string worker_name_;
    std::vector<Input> inputs_;
    media::ClockMap map_;
    std::map<core::TrackId, std::unique_ptr<files::TrackRecorder>> recorders_;
    std::vector<core::TrackReport> news_;
    std::map<core::TrackId, core::TrackReport> whole_;  // files whose digest is known
};

}  // namespace antiphon::worker
