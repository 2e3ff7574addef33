// The level-triggered half of the worker: desired against actual, part by part.
#include "core/worker_reconcile.hpp"

#include <algorithm>

#include "core/mutants.hpp"

namespace antiphon::core {
namespace {

using Effects = std::vector<WorkerEffect>;

template <class Items, class Id>
auto* find_by_id(Items& items, const Id& id) {
    const auto it = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.id == id; });
    return it == items.end() ? nullptr : &*it;
}

void drop_sessions_not_desired(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    for (auto it = state.sessions.begin(); it != state.sessions.end();) {
        if (find_by_id(desired.sessions, it->first)) {
            ++it;
            continue;
        }
        if (it->second.rendering) effects.push_back(StopRender{it->first});
        it = state.sessions.erase(it);
    }
}

// A device of this session that is another board's to drive; empty: none is. (The inventory may have changed since the
// session was planned.)
std::string foreign_device(const WorkerState& state, const DesiredSession& session) {
    const auto& ours = state.memory.desired.devices;
    for (const auto& endpoint : state.outputs) {
        const bool wanted =
            std::find(session.outputs.begin(), session.outputs.end(), endpoint.name) != session.outputs.end();
        if (wanted && is_shared_device(endpoint.device) &&
            std::find(ours.begin(), ours.end(), endpoint.device) == ours.end())
            return endpoint.device;
    }
    return {};
}

void begin_session(WorkerState& state, const DesiredSession& session, Effects& effects) {
    SessionRun run;
    run.report.id = session.id;
    run.report.position_frames = session.from_frame;
    const auto foreign = foreign_device(state, session);
    if (foreign.empty() && session.programme.live) {
        run.rendering = session;
        effects.push_back(Render{session});
    } else if (foreign.empty()) {
        effects.push_back(FetchBlob{session.programme});
    } else {
        run.report.state = SessionState::failed;
        run.report.reason = foreign +
                            " is not this board's to drive; its output was another device when this was "
                            "planned: stop the session and play again";
    }
    state.sessions.emplace(session.id, std::move(run));
}

bool is_over(SessionState state) { return state == SessionState::ended || state == SessionState::failed; }

void reconcile_sessions(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    drop_sessions_not_desired(state, desired, effects);
    for (const auto& session : desired.sessions) {
        const auto it = state.sessions.find(session.id);
        if (it == state.sessions.end()) {
            begin_session(state, session, effects);
            continue;
        }
        auto& run = it->second;
        // What has ended ends for good, unless the desired state moves it (a seek) to another place.
        const bool moved = run.rendering && run.rendering->start != session.start;
        if (!run.rendering || *run.rendering == session || (is_over(run.report.state) && !moved)) continue;
        if (is_over(run.report.state)) {
            // Nothing was heard of the new place yet.
            run.report.state = SessionState::ready;
            run.report.reason.clear();
            run.report.position_frames = session.from_frame;
        }
        run.rendering = session;
        effects.push_back(Render{session});
    }
}

bool has_output(const WorkerState& state, const PairedOutput& paired) {
    return std::any_of(state.outputs.begin(), state.outputs.end(), [&](const Endpoint& output) {
        return output.name == paired.output || output.device == paired.device;
    });
}

// An output that the board has declared goes before one that was paired.
void reconcile_devices(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    static const std::vector<PairedOutput> none;
    const auto& paired = desired.paired ? *desired.paired : none;
    const auto before = state.driven ? state.driven->outputs : none;
    DriveDevices wanted{desired.devices, {}};
    for (const auto& output : before) {
        if (std::find(paired.begin(), paired.end(), output) != paired.end()) {
            wanted.outputs.push_back(output);
        } else {
            std::erase_if(state.outputs, [&](const Endpoint& endpoint) { return endpoint.name == output.output; });
        }
    }
    for (const auto& output : paired) {
        if (has_output(state, output)) continue;
        state.outputs.push_back({output.output, output.device, "it is not connected"});
        state.outputs_set.erase(output.output);
        wanted.outputs.push_back(output);
    }
    if (state.driven == wanted) return;
    state.driven = wanted;
    effects.push_back(std::move(wanted));
}

void reconcile_outputs(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    for (const auto& output : desired.outputs) {
        auto& told = state.outputs_set[output.name];
        if (told == output) continue;
        told = output;
        effects.push_back(SetOutput{output});
    }
}

void reconcile_uplinks(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    static const std::vector<DesiredUplink> none;
    const auto& wanted = desired.uplinks ? *desired.uplinks : none;
    for (auto it = state.uplinks.begin(); it != state.uplinks.end();) {
        if (find_by_id(wanted, it->first)) {
            ++it;
            continue;
        }
        if (!mutated(Mutant::input_left_open)) effects.push_back(StopInput{it->first});
        it = state.uplinks.erase(it);
    }
    for (const auto& uplink : wanted) {
        const auto it = state.uplinks.find(uplink.id);
        if (it != state.uplinks.end() && it->second == uplink) continue;
        state.uplinks[uplink.id] = uplink;
        effects.push_back(SendInput{uplink});
    }
}

// Also for whoever is cut off from the coordinator.
void remember_ends(WorkerState& state) {
    std::vector<RecordingId> ended;
    for (const auto& recording : state.memory.desired.recordings)
        if (!recording.stopped && is_over(state, recording)) ended.push_back(recording.id);
    state.memory.ended = ended.empty() ? std::nullopt : std::optional(std::move(ended));
}

void begin_tracks(WorkerState& state, const DesiredRecording& recording, Effects& effects) {
    for (const auto& input : recording.inputs) {
        const TrackId id{recording.id, input};
        if (state.tracks.contains(id)) continue;
        TrackReport track;
        track.id = recording.id;
        track.input = input;
        if (is_over(state, recording)) {
            track.state = TrackState::failed;
            track.reason = "the recording was over before this worker heard of it";
        } else {
            effects.push_back(Capture{recording.id, input, recording.on_sound});
        }
        state.tracks.emplace(id, std::move(track));
    }
}

void reconcile_recordings(WorkerState& state, const DesiredDocument& desired, Effects& effects) {
    for (const auto& recording : desired.recordings) begin_tracks(state, recording, effects);
    for (auto it = state.tracks.begin(); it != state.tracks.end();) {
        auto& [id, track] = *it;
        const auto* wanted = find_by_id(desired.recordings, id.first);
        const bool finish = track.state == TrackState::recording && (!wanted || is_over(state, *wanted));
        if (finish && state.finishing.insert(id).second) effects.push_back(FinishCapture{id.first, id.second});
        if (track.state != TrackState::recording) state.finishing.erase(id);
        const bool over = track.state == TrackState::uploaded || track.state == TrackState::failed;
        if (!wanted && over) {
            // Only what is known to be safe at the coordinator is deleted; a failed track's file stays for a person.
            if (track.state == TrackState::uploaded) effects.push_back(DiscardTrack{id.first, id.second});
            it = state.tracks.erase(it);
        } else {
            ++it;
        }
    }
}

void reconcile_maintenance(WorkerState& state, const DesiredDocument& desired) {
    const bool busy = !state.sessions.empty() || !state.tracks.empty() || !state.uplinks.empty();
    if (!desired.maintenance) {
        state.maintenance = false;
    } else if (!busy) {
        state.maintenance = true;
    }
}

}  // namespace

bool is_over(const WorkerState& state, const DesiredRecording& recording) {
    const auto& ended = state.memory.ended;
    if (recording.stopped) return true;
    if (ended && std::find(ended->begin(), ended->end(), recording.id) != ended->end()) return true;
    const auto& now = state.cluster_now;
    return recording.ends && now && now->incarnation == recording.ends->incarnation && now->ns >= recording.ends->ns;
}

void reconcile(WorkerState& state, Effects& effects) {
    remember_ends(state);
    const auto& memory = state.memory;
    static const DesiredDocument nothing;
    const auto& desired = memory.expelled.value_or(false) ? nothing : memory.desired;
    reconcile_devices(state, desired, effects);
    reconcile_sessions(state, desired, effects);
    reconcile_outputs(state, desired, effects);
    reconcile_uplinks(state, desired, effects);
    reconcile_recordings(state, desired, effects);
    reconcile_maintenance(state, desired);
}

}  // namespace antiphon::core
