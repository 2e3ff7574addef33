// Recordings: what the workers say of their tracks, and what has arrived here.
#include <algorithm>
#include <utility>

#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

std::string words_of(const CoordinatorDraft& draft, const RecordingRow& recording) {
    auto text = counted(recording.tracks.size(), "track");
    for (const auto& track : recording.tracks)
        if (!track.reason.empty()) text += "; " + display_name(draft, track.input) + ": " + track.reason;
    return text;
}

void settle(CoordinatorTurn& turn, RecordingRow& recording) {
    if (!std::all_of(recording.tracks.begin(), recording.tracks.end(),
                     [](const TrackRow& track) { return track.over(); }))
        return;
    const bool any_here = std::any_of(recording.tracks.begin(), recording.tracks.end(),
                                      [](const TrackRow& track) { return track.state == TrackState::uploaded; });
    const auto phase = any_here ? RecordingPhase::complete : RecordingPhase::failed;
    if (phase == recording.phase) return;  // a file that came late to a recording that was complete without it
    recording.phase = phase;
    turn.announce(any_here ? "recording.complete" : "recording.failed", recording.id.value,
                  words_of(turn.draft, recording));
}

// `uploaded` is not the worker's to say: the file itself is the proof, and its row is durable before the worker hears
// of it. One that says so to a coordinator which has no such row speaks to a restored one.
bool take_report(TrackRow& track, const TrackReport& report) {
    if (track.over()) return false;
    if (report.state == TrackState::uploaded) {
        track.state = TrackState::failed;
        track.reason = "it was handed in after the backup was made from which this coordinator was restored";
        return true;
    }
    // How far it is changes all the time, and is not stored; what keeps it from recording is.
    if (track.state == report.state && report.state == TrackState::recording)
        return std::exchange(track.reason, report.reason) != report.reason;
    if (track.state == report.state && track.sha256 == report.sha256) return false;
    track.state = report.state;
    track.reason = report.reason;
    track.frames = report.frames;
    track.gap_frames = report.gap_frames;
    track.sha256 = report.sha256;
    return true;
}

bool take_reports(RecordingRow& recording, const WorkerId& worker, const ReportedDocument& reported) {
    bool changed = false;
    for (const auto& report : reported.tracks) {
        if (report.id != recording.id) continue;
        for (auto& track : recording.tracks)
            if (track.input == EndpointId{worker, report.input}) changed |= take_report(track, report);
    }
    return changed;
}

void take_file(TrackRow& track, const TrackReceived& received) {
    // What was told of it on its board stays, but for a failure: that is past, for it is here.
    if (track.over() || !received.note.empty()) track.reason = received.note;
    track.state = TrackState::uploaded;
    track.frames = received.frames;
    track.gap_frames = received.gap_frames;
    track.sha256 = received.sha256;
    track.file = received.file;
}

void tell_damage(CoordinatorTurn& turn, const RecordingId& recording, const TrackRow& track,
                 const TrackReceived& received) {
    const auto lost = received.gap_frames - std::min(track.gap_frames, received.gap_frames);
    const auto ms = lost * 1000 / cluster_rate;
    turn.announce(
        "recording.damaged", recording.value,
        display_name(turn.draft, track.input) + ": " + std::to_string(ms) + " ms of it cannot be read any more");
}

Error no_such_track(const RecordingId& recording, const EndpointId& input) {
    return {ErrorCode::not_found,
            "recording '" + recording.value + "' has no track of input '" + input.name + "' here"};
}

template <class Recording>
auto track_of(Recording& recording, const EndpointId& input) {
    const auto it = std::find_if(recording.tracks.begin(), recording.tracks.end(),
                                 [&](const TrackRow& candidate) { return candidate.input == input; });
    return it == recording.tracks.end() ? nullptr : &*it;
}

}  // namespace

void put_recording(CoordinatorTurn& turn, RecordingRow recording) {
    settle(turn, recording);
    for (const auto& track : recording.tracks) turn.touched.insert(track.input.worker);
    turn.draft.recordings.put(recording.id, std::move(recording));
}

void hear_tracks(CoordinatorTurn& turn, const WorkerId& worker, const ReportedDocument& reported) {
    std::vector<RecordingRow> changed;
    turn.draft.recordings.each([&](const RecordingRow& row) {
        if (!row.active()) return;
        RecordingRow recording = row;
        if (take_reports(recording, worker, reported)) changed.push_back(std::move(recording));
    });
    for (auto& recording : changed) put_recording(turn, std::move(recording));
}

Result<void> require_track(const CoordinatorState& state, const RecordingId& recording, const EndpointId& input) {
    const auto* row = state.recordings.find(recording);
    if (!row || !track_of(*row, input)) return no_such_track(recording, input);
    return {};
}

void receive_track(CoordinatorTurn& turn, const TrackReceived& received) {
    const auto* row = turn.draft.recordings.find(received.recording);
    RecordingRow recording = row ? *row : RecordingRow{};
    auto* track = track_of(recording, received.input);
    if (!track) {
        turn.effects.push_back(Answer{received.request, no_such_track(received.recording, received.input)});
        return;
    }
    const bool here = track->state == TrackState::uploaded;
    // Handed in again because our answer was lost, all is done; of what is on its way, its end will tell.
    const bool same = here && track->sha256 == received.sha256;
    const bool again = same || (received.damaged && !here);
    if (!again) {
        if (received.damaged) tell_damage(turn, recording.id, *track, received);
        take_file(*track, received);
        put_recording(turn, recording);
    }
    turn.effects.push_back(Answer{received.request, AnswerBody{*turn.draft.recordings.find(recording.id)}});
}

}  // namespace antiphon::core
