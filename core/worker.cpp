// One overload per event of the worker.
#include "core/worker.hpp"

#include <algorithm>

#include "core/mutants.hpp"
#include "core/step.hpp"
#include "core/worker_reconcile.hpp"

namespace antiphon::core {
namespace {

using Effects = std::vector<WorkerEffect>;

struct Turn {
    WorkerState& state;
    LocalTime now;
    Effects& effects;
    bool report_due = false;
};

// What was recording when the process ended goes on, in files of a new life; what was to be finished is finished.
void take_up(Turn& turn, TrackReport track) {
    const auto& memory = turn.state.memory;
    const auto& recordings = memory.desired.recordings;
    const auto wanted = std::find_if(recordings.begin(), recordings.end(),
                                     [&](const DesiredRecording& recording) { return recording.id == track.id; });
    const bool goes_on =
        wanted != recordings.end() && !is_over(turn.state, *wanted) && !memory.expelled.value_or(false);
    const bool stored = track.state == TrackState::stored;
    if (stored && goes_on) {
        track.state = TrackState::recording;
        turn.effects.push_back(Capture{track.id, track.input, wanted->on_sound});
    } else if (stored) {
        turn.effects.push_back(UploadTrack{track.id, track.input});
    }
    turn.state.tracks[{track.id, track.input}] = std::move(track);
}

void on(Turn& turn, const WorkerStarted& event) {
    turn.state.outputs = event.outputs;
    turn.state.inputs = event.inputs;
    ++turn.state.memory.boot.value;
    for (const auto& session : event.rendering) {
        auto& run = turn.state.sessions[session.id];
        run.report.id = session.id;
        run.report.state = SessionState::ready;  // until the renderer tells more
        run.rendering = session;
    }
    for (const auto& uplink : event.sending) turn.state.uplinks[uplink.id] = uplink;
    for (const auto& track : event.tracks) take_up(turn, track);
}

void accept_desired(Turn& turn, const Desired& desired) {
    auto& memory = turn.state.memory;
    // Versions are compared, never values: whatever order documents arrive in, the newest wins (state rule 2).
    const bool not_newer = mutated(Mutant::value_not_version)
                               ? desired.document == memory.desired
                               : desired.document.generation <= memory.desired.generation;
    if (not_newer) {
        if (desired.document.generation < memory.desired.generation) ++turn.state.counters.old_generations;
        return;
    }
    memory.desired = desired.document;
}

enum class Taken { fresh, repeated, expired };

Taken take_command(Turn& turn, const EnvelopeHeader& header, const std::optional<ClusterTime>& cluster_now) {
    auto& state = turn.state;
    auto& done = state.memory.commands;
    const bool same_clock = header.deadline && cluster_now && header.deadline->incarnation == cluster_now->incarnation;
    if (same_clock && cluster_now->ns > header.deadline->ns) {
        ++state.counters.expired_commands;
        return Taken::expired;
    }
    if (std::find(done.begin(), done.end(), header.id) != done.end() && !mutated(Mutant::two_effects)) {
        ++state.counters.repeated_commands;
        return Taken::repeated;
    }
    if (done.size() == remembered_commands_max) done.erase(done.begin());
    done.push_back(header.id);
    return Taken::fresh;
}

void send_pong(Turn& turn, const MessageId& command) {
    const auto& state = turn.state;
    turn.effects.push_back(
        SendPong{{command, state.memory.boot, state.memory.desired.generation, activity_of(state), turn.now}});
}

void fail_order(Turn& turn, const MessageId& command, ErrorCode code, std::string what) {
    turn.effects.push_back(SendOutcome{{command, code, std::move(what)}});
}

void obey(Turn& turn, const MessageId& command, const BluetoothOrder& order) {
    auto& orders = turn.state.orders;
    if (!turn.state.bluetooth)
        return fail_order(turn, command, ErrorCode::conflict,
                          "this board drives no Bluetooth; start its worker with --adapter hci0");
    if (orders.size() == remembered_orders_max) orders.erase(orders.begin());
    orders.push_back({command});
    turn.effects.push_back(ObeyOrder{command, order});
}

// Its outcome was lost on its way; or it was another life that obeyed, and nobody knows how that ended.
void answer_again(Turn& turn, const MessageId& command) {
    const auto& orders = turn.state.orders;
    const auto known =
        std::find_if(orders.begin(), orders.end(), [&](const auto& run) { return run.command == command; });
    if (known == orders.end())
        return fail_order(turn, command, ErrorCode::unavailable,
                          "its worker began anew meanwhile; look, and ask again");
    if (known->outcome) turn.effects.push_back(SendOutcome{*known->outcome});
}

void take_order(Turn& turn, const EnvelopeHeader& header, const BluetoothOrder& order,
                const std::optional<ClusterTime>& cluster_now) {
    const auto taken = take_command(turn, header, cluster_now);
    if (taken == Taken::fresh) obey(turn, header.id, order);
    if (taken == Taken::repeated) answer_again(turn, header.id);
}

void on(Turn& turn, const MessageArrived& event) {
    auto& state = turn.state;
    const auto& header = event.message.header;
    if (header.epoch < state.memory.epoch && !mutated(Mutant::missing_fence)) {  // state rule 4
        ++state.counters.stale_epochs;
        return;
    }
    state.memory.epoch = header.epoch;
    std::visit(
        Overloaded{[&](const Desired& desired) { accept_desired(turn, desired); },
                   [&](const Ping&) {
                       if (take_command(turn, header, event.cluster_now) == Taken::fresh) send_pong(turn, header.id);
                   },
                   [&](const BluetoothCommand& command) { take_order(turn, header, command.order, event.cluster_now); },
                   [&](const auto&) { ++state.counters.misdirected; }},
        event.message.body);
}

void on(Turn& turn, const LinkChanged& event) {
    turn.state.linked = event.up;
    turn.state.vouched = event.up && event.vouches;
    if (turn.state.vouched) turn.state.memory.expelled.reset();
    turn.report_due = event.up;
}

bool is_expelled(const WorkerState& state) { return state.memory.expelled.value_or(false); }

void on(Turn& turn, const MembershipTold& event) {
    auto& state = turn.state;
    turn.report_due = event.member && is_expelled(state);
    if (event.member)
        state.memory.expelled.reset();
    else if (!state.vouched)  // an answer of before the broker let it in again
        state.memory.expelled = true;
}

void on(Turn& turn, const BlobFetched& event) {
    for (const auto& session : turn.state.memory.desired.sessions) {
        const auto it = turn.state.sessions.find(session.id);
        if (session.programme.blob != event.blob || it == turn.state.sessions.end()) continue;
        auto& run = it->second;
        if (run.rendering || run.report.state != SessionState::fetching) continue;
        if (!event.failure.empty()) {
            run.report.state = SessionState::failed;
            run.report.reason = event.failure;
        } else {
            run.rendering = session;
            turn.effects.push_back(Render{session});
        }
    }
}

void on(Turn& turn, const SessionProgressed& event) {
    const auto it = turn.state.sessions.find(event.report.id);
    // Stopped or moved meanwhile: a late word neither revives it nor speaks for its new place.
    if (it == turn.state.sessions.end() || it->second.rendering != event.rendered) return;
    it->second.report = event.report;
}

void on(Turn& turn, const TrackProgressed& event) {
    const auto it = turn.state.tracks.find({event.report.id, event.report.input});
    if (it == turn.state.tracks.end()) return;
    auto& track = it->second;
    if (event.report.state < track.state) return;  // recording -> stored -> uploaded, never back
    // The end of an upload that was under way when the same track began anew, for a coordinator that knew of no file.
    if (event.report.state == TrackState::uploaded && track.state == TrackState::recording) return;
    const bool now_stored = event.report.state == TrackState::stored && track.state != TrackState::stored;
    auto next = event.report;
    if (next.frames == 0) {  // the word of the upload, which knows nothing of the sound
        next.frames = track.frames;
        next.gap_frames = track.gap_frames;
        if (next.sha256.empty()) next.sha256 = track.sha256;
        if (next.reason.empty()) next.reason = track.reason;
    }
    track = std::move(next);
    if (now_stored) turn.effects.push_back(UploadTrack{track.id, track.input});
}

void on(Turn& turn, const ClockChanged& event) { turn.state.clock = event.report; }

void on(Turn& turn, const EndpointChanged& event) {
    auto& endpoints = event.is_output ? turn.state.outputs : turn.state.inputs;
    for (auto& endpoint : endpoints)
        if (endpoint.name == event.endpoint.name) endpoint = event.endpoint;
}

void on(Turn& turn, const BluetoothTold& event) { turn.state.bluetooth = event.report; }

void on(Turn& turn, const OrderEnded& event) {
    for (auto& run : turn.state.orders)
        if (run.command == event.outcome.command) run.outcome = event.outcome;
    turn.effects.push_back(SendOutcome{event.outcome});
}

void on(Turn& turn, const Tick& tick) {
    turn.state.cluster_now = tick.cluster_now;
    const auto activity = activity_of(turn.state);
    const bool active = activity != Activity::waiting && activity != Activity::maintenance;
    turn.report_due = turn.now - turn.state.reported_at >= (active ? report_interval : heartbeat_interval);
}

// What changes without anything having happened: left out when two reports are compared.
ReportedDocument without_progress(ReportedDocument report) {
    report.stamp = {};
    report.sequence = 0;
    report.clock.error_bound_ns = 0;
    report.clock.rate_ppm = 0;
    for (auto& session : report.sessions) {
        session.position_frames = 0;
        session.outputs.reset();
        session.stream.reset();
    }
    for (auto& track : report.tracks) {
        track.frames = 0;
        track.level.reset();
    }
    return report;
}

bool any_playing(const WorkerState& state) {
    return std::any_of(state.sessions.begin(), state.sessions.end(),
                       [](const auto& run) { return run.second.report.state == SessionState::playing; });
}

bool any_recording(const WorkerState& state) {
    return std::any_of(state.tracks.begin(), state.tracks.end(),
                       [](const auto& track) { return track.second.state == TrackState::recording; });
}

}  // namespace

WorkerMemory memory_of(WorkerMemory memory, const std::string& member) {
    if (memory.member.empty()) memory.member = member;  // its first start, or of a version that did not keep it
    if (memory.member == member) return memory;
    WorkerMemory fresh;
    fresh.member = member;
    fresh.boot = memory.boot;
    return fresh;
}

Activity activity_of(const WorkerState& state) {
    const bool playing = any_playing(state);
    const bool recording = any_recording(state) || !state.uplinks.empty();
    if (playing && recording) return Activity::playing_and_recording;
    if (playing) return Activity::playing;
    if (recording) return Activity::recording;
    return state.maintenance ? Activity::maintenance : Activity::waiting;
}

ReportedDocument report_of(const WorkerState& state, LocalTime now) {
    ReportedDocument report;
    report.boot = state.memory.boot;
    report.sequence = state.sequence;
    report.epoch = state.memory.epoch;
    report.applied = state.memory.desired.generation;
    report.stamp = now;
    report.activity = activity_of(state);
    report.clock = state.clock;
    report.outputs = state.outputs;
    report.inputs = state.inputs;
    report.bluetooth = state.bluetooth;
    for (const auto& [id, run] : state.sessions) report.sessions.push_back(run.report);
    for (const auto& [id, track] : state.tracks) report.tracks.push_back(track);
    return report;
}

std::vector<WorkerEffect> WorkerMachine::step(WorkerDraft& draft, LocalTime now, const WorkerEvent& event) {
    Effects effects;
    Turn turn{draft.next, now, effects};
    std::visit([&](const auto& e) { on(turn, e); }, event);
    reconcile(draft.next, effects);
    const bool changed = without_progress(report_of(draft.next, now)) != without_progress(report_of(draft.before, now));
    if (draft.next.linked && !is_expelled(draft.next) && (changed || turn.report_due)) {
        ++draft.next.sequence;
        draft.next.reported_at = now;
        auto report = report_of(draft.next, now);
        if (mutated(Mutant::older_than_stamp)) report.sessions = report_of(draft.before, now).sessions;
        effects.push_back(SendReport{std::move(report)});
    }
    return effects;
}

}  // namespace antiphon::core
