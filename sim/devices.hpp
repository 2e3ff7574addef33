// A worker's devices and cache, as far as its decisions can tell: things take time, and sometimes fail.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "core/worker.hpp"
#include "sim/random.hpp"
#include "sim/skewed_executor.hpp"

namespace antiphon::sim {

class Devices {
  public:
    using Report = std::function<void(core::WorkerEvent)>;
    // A finished file on its way to the coordinator; `done` once it is safe there.
    using Upload = std::function<void(core::RecordingId, std::string input, std::function<void()> done)>;

    Devices(SkewedExecutor& executor, const actors::Executor& truth, Random& random)
        : executor_(executor), truth_(truth), random_(random) {}

    // The process has died: nothing that was under way goes on. Tracks that were being recorded are found stored.
    std::vector<core::TrackReport> crash();
    // What goes on though the process's decisions begin anew.
    std::vector<core::TrackReport> tracks() const;
    std::vector<core::DesiredSession> rendering() const;
    std::vector<core::DesiredUplink> sending() const;
    void attach(Report report, Upload upload);

    void perform(const core::WorkerEffect& effect);
    // The process is stopped and continued: its recordings have a gap.
    void pause();
    void resume();
    double fetch_failures = 0.02;
    double order_failures = 0.2;

    // A recorded file, as the devices know it.
    struct File {
        core::TrackReport report;
        core::LocalTime begun;
        core::LocalTime ended = {};           // where it was cut off; it may go on
        core::Duration missed{0};             // the sum of its gaps
        core::FrameCount elapsed_frames = 0;  // from begin to end, once it has ended
    };
    const File* file(const core::TrackId& id) const {
        const auto it = files_.find(id);
        return it == files_.end() ? nullptr : &it->second;
    }

  private:
    void operator()(const core::FetchBlob& fetch);
    void operator()(const core::Render& render);
    void operator()(const core::StopRender& stop);
    void operator()(const core::SetOutput&) {}
    void operator()(const core::SendInput& send) { sending_[send.uplink.id] = send.uplink; }
    void operator()(const core::StopInput& stop) { sending_.erase(stop.session); }
    void operator()(const core::Capture& capture);
    void operator()(const core::FinishCapture& finish);
    void operator()(const core::UploadTrack& upload);
    void operator()(const core::DiscardTrack& discard);
    void operator()(const core::SendReport&) {}
    void operator()(const core::SendPong&) {}
    void operator()(const core::DriveDevices&) {}
    void operator()(const core::ObeyOrder& obey);
    void operator()(const core::SendOutcome&) {}

    void later(core::Duration low, core::Duration high, std::function<void()> action);
    void report_session(const core::DesiredSession& session, core::SessionState state);
    void end_file(File& file, core::LocalTime end);
    void play_from(const core::DesiredSession& session);

    SkewedExecutor& executor_;
    const actors::Executor& truth_;
    Random& random_;
    Report report_;
    Upload upload_;
    std::uint64_t life_ = 0;
    struct Rendering {
        core::DesiredSession session;
        std::uint64_t telling = 0;  // which one counts
    };
    std::map<core::SessionId, Rendering> rendering_;
    std::map<core::SessionId, core::DesiredUplink> sending_;
    std::map<core::TrackId, File> files_;  // survive a crash
    std::optional<core::LocalTime> paused_at_;
    std::uint64_t tellings_ = 0;
};

}  // namespace antiphon::sim
