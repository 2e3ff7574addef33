// Delays are drawn from the seed; a crash makes every pending action one of an earlier life.
#include "sim/devices.hpp"

#include <algorithm>
#include <utility>

namespace antiphon::sim {
namespace {
using std::chrono::milliseconds;
}

void Devices::attach(Report report, Upload upload) {
    report_ = std::move(report);
    upload_ = std::move(upload);
}

std::vector<core::TrackReport> Devices::crash() {
    ++life_;
    rendering_.clear();
    sending_.clear();
    resume();
    std::vector<core::TrackReport> found;
    for (auto& [id, file] : files_) {
        // What was not synced is gone; the file ends where it was.
        if (file.report.state == core::TrackState::recording)
            end_file(file, executor_.now() - random_.between(core::Duration{0}, core::Duration{milliseconds(500)}));
        found.push_back(file.report);
    }
    return found;
}

std::vector<core::TrackReport> Devices::tracks() const {
    std::vector<core::TrackReport> all;
    for (const auto& [id, file] : files_) all.push_back(file.report);
    return all;
}

std::vector<core::DesiredSession> Devices::rendering() const {
    std::vector<core::DesiredSession> all;
    for (const auto& [id, rendering] : rendering_) all.push_back(rendering.session);
    return all;
}

std::vector<core::DesiredUplink> Devices::sending() const {
    std::vector<core::DesiredUplink> all;
    for (const auto& [id, uplink] : sending_) all.push_back(uplink);
    return all;
}

void Devices::pause() { paused_at_ = executor_.now(); }

void Devices::resume() {
    if (!paused_at_) return;
    const auto from = *std::exchange(paused_at_, std::nullopt);
    for (auto& [id, file] : files_)
        if (file.report.state == core::TrackState::recording)
            file.missed += executor_.now() - std::max(from, file.begun);
}

void Devices::end_file(File& file, core::LocalTime end) {
    const auto frames_of = [](core::Duration duration) {
        return static_cast<core::FrameCount>(static_cast<double>(duration.count()) * 1e-9 * core::cluster_rate);
    };
    const auto elapsed = std::max(core::Duration{0}, end - file.begun);
    file.ended = end;
    file.elapsed_frames = frames_of(elapsed);
    file.report.gap_frames = static_cast<std::uint64_t>(frames_of(std::min(file.missed, elapsed)));
    file.report.frames = file.elapsed_frames - static_cast<core::FrameCount>(file.report.gap_frames);
    file.report.state = core::TrackState::stored;
    file.report.sha256 = file.report.id.value + "/" + file.report.input + "@" + std::to_string(file.begun.ns) + "-" +
                         std::to_string(end.ns);
}

void Devices::later(core::Duration low, core::Duration high, std::function<void()> action) {
    executor_.at(executor_.now() + random_.between(low, high), [this, life = life_, action = std::move(action)] {
        if (life == life_) action();
    });
}

void Devices::perform(const core::WorkerEffect& effect) {
    std::visit([this](const auto& e) { (*this)(e); }, effect);
}

void Devices::operator()(const core::FetchBlob& fetch) {
    later(milliseconds(1), milliseconds(1500), [this, blob = fetch.programme.blob] {
        report_(core::BlobFetched{blob, random_.chance(fetch_failures) ? "the blob could not be fetched" : ""});
    });
}

void Devices::report_session(const core::DesiredSession& session, core::SessionState state) {
    report_(core::SessionProgressed{{session.id, state, "", session.from_frame, 0}, session});
}

void Devices::operator()(const core::Render& render) {
    const auto telling = ++tellings_;
    rendering_[render.session.id] = {render.session, telling};
    later(milliseconds(1), milliseconds(50), [this, session = render.session, telling] {
        const auto it = rendering_.find(session.id);
        if (it == rendering_.end() || it->second.telling != telling) return;
        if (session.start)
            play_from(session);
        else
            report_session(session, core::SessionState::ready);
    });
}

void Devices::play_from(const core::DesiredSession& session) {
    const auto telling = rendering_[session.id].telling;
    const auto left_ns = (session.programme.frames - session.from_frame) * 1'000'000'000 / core::cluster_rate;
    const core::LocalTime end{session.start->ns + left_ns};  // cluster time is the simulation's own
    report_session(session, core::SessionState::playing);
    if (session.programme.live) return;  // until it is told otherwise
    executor_.at(executor_.to_local(std::max(end, truth_.now())), [this, life = life_, session, telling] {
        const auto it = rendering_.find(session.id);
        if (life != life_ || it == rendering_.end() || it->second.telling != telling) return;
        report_session(session, core::SessionState::ended);
    });
}

// A headset that is to be paired is looked for, and may refuse.
void Devices::operator()(const core::ObeyOrder& obey) {
    const bool pairs = obey.order.verb == core::BluetoothVerb::pair;
    later(milliseconds(1), milliseconds(pairs ? 8000 : 300), [this, command = obey.command] {
        core::Outcome outcome{command, std::nullopt, ""};
        if (random_.chance(order_failures)) outcome = {command, core::ErrorCode::unavailable, "it does not answer"};
        report_(core::OrderEnded{std::move(outcome)});
    });
}

void Devices::operator()(const core::StopRender& stop) { rendering_.erase(stop.session); }

void Devices::operator()(const core::Capture& capture) {
    const core::TrackId id{capture.recording, capture.input};
    core::TrackReport track;
    track.id = capture.recording;
    track.input = capture.input;
    const auto now = executor_.now();
    if (const auto known = files_.find(id); known != files_.end() && known->second.ended > core::LocalTime{}) {
        auto& file = known->second;
        file.missed += now - file.ended;
        file.report.state = core::TrackState::recording;
    } else {
        files_[id] = {track, now};
    }
    later(milliseconds(1), milliseconds(50), [this, track] { report_(core::TrackProgressed{track}); });
}

void Devices::operator()(const core::FinishCapture& finish) {
    const core::TrackId id{finish.recording, finish.input};
    later(milliseconds(5), milliseconds(300), [this, id] {
        const auto it = files_.find(id);
        if (it == files_.end()) return;
        if (it->second.report.state == core::TrackState::recording) end_file(it->second, executor_.now());
        report_(core::TrackProgressed{it->second.report});
    });
}

void Devices::operator()(const core::UploadTrack& upload) {
    const core::TrackId id{upload.recording, upload.input};
    upload_(id.first, id.second, [this, life = life_, id] {
        const auto it = files_.find(id);
        if (life != life_ || it == files_.end()) return;
        it->second.report.state = core::TrackState::uploaded;
        report_(core::TrackProgressed{it->second.report});
    });
}

void Devices::operator()(const core::DiscardTrack& discard) { files_.erase({discard.recording, discard.input}); }

}  // namespace antiphon::sim
