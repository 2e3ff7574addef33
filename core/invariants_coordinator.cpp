// The laws of the coordinator, each once.
#include <algorithm>
#include <map>
#include <set>

#include "core/invariants.hpp"

namespace antiphon::core {
namespace {

bool went_back(RecordingPhase before, RecordingPhase now) {
    // Failed is not the last word: its file may come late.
    if (before == RecordingPhase::failed && now == RecordingPhase::complete) return false;
    return now < before || (before == RecordingPhase::complete && now != before);
}

Broken check_session(const SessionRow& before, const SessionRow* now) {
    if (!before.active() && now && now->active())
        return "I20: session " + before.id.value + " was over and is active again";
    if (before.active() && !now) return "I1: active session " + before.id.value + " has vanished";
    return std::nullopt;
}

Broken check_recording(const RecordingRow& before, const RecordingRow* now) {
    if (now && went_back(before.phase, now->phase)) return "I20: recording " + before.id.value + " went back";
    if (before.active() && !now) return "I1: active recording " + before.id.value + " has vanished";
    return std::nullopt;
}

// What it has recorded it does not record again, whatever the clocks show.
Broken check_schedule(const ScheduleRow& before, const ScheduleRow* now) {
    if (!now || !now->last || !before.last || !before.last->recording || now->last == before.last) return std::nullopt;
    if (now->last->at == before.last->at) return "schedule " + before.id.value + " was run twice for the same time";
    return std::nullopt;
}

Broken check_member(const WorkerRow& before, const WorkerRow* now, bool buried) {
    if (!now && !buried) return "I1: worker " + before.id.value + " has vanished";
    if (now && now->generation < before.generation) return "I3: the desired generation of " + before.id.value + " fell";
    return std::nullopt;
}

Broken check_presence(const Presence& before, const Presence* now) {
    if (!now) return std::nullopt;
    const auto order = [](const ReportedDocument& report) { return std::pair(report.boot, report.sequence); };
    if (order(now->reported) < order(before.reported))
        return "I15: an older report of " + before.id.value + " has replaced a newer one";
    const auto link = [](const Presence& presence) { return std::pair(presence.connection, presence.connection_over); };
    if (link(*now) < link(before)) return "I15: " + before.id.value + " was believed about a connection that is over";
    return std::nullopt;
}

Broken check_token(const TokenRow& before, const TokenRow* now) {
    if (before.ended && now && !now->ended) return "I20: token " + before.id.value + " was over and is good again";
    return std::nullopt;
}

Broken check_calendar(const ClusterRow& before, const ClusterRow& now) {
    if (now.latest_wall < before.latest_wall) return "I20: the calendar went back";
    return std::nullopt;
}

// What the draft writes of one table, each with what was there.
template <class Id, class Row, class Check>
Broken check_writes(const TableDraft<Id, Row>& table, const Check& check) {
    for (const auto& [id, row] : table.writes())
        if (const auto* before = table.before(id))
            if (auto broken = check(*before, row.get())) return broken;
    return std::nullopt;
}

// The last version of each zone's name, alive or buried.
std::map<std::string, std::uint64_t> zone_versions(const CoordinatorState& state) {
    std::map<std::string, std::uint64_t> versions;
    for (const auto& [key, row] : state.tombstones.rows())
        if (key.starts_with("zone/")) versions[key.substr(5)] = row->version;
    for (const auto& [id, row] : state.zones.rows()) versions[row->name] = row->version;
    return versions;
}

Broken check_zone_versions(const CoordinatorState& before, const CoordinatorState& after) {
    const auto now = zone_versions(after);
    for (const auto& [name, version] : zone_versions(before)) {
        const auto it = now.find(name);
        if (it != now.end() && it->second < version) return "I16: the version of zone " + name + " fell";
    }
    return std::nullopt;
}

template <class Table, class Check>
Broken check_rows(const Table& before, const Table& after, const Check& check) {
    for (const auto& [id, row] : before.rows())
        if (auto broken = check(*row, after.find(id))) return broken;
    return std::nullopt;
}

// A board has a part in a session that goes on only while it is a member, and not taken for maintenance.
Broken check_planned(const CoordinatorState& state, const SessionRow& session) {
    for (const auto& endpoint : session.endpoints()) {
        const auto* worker = state.workers.find(endpoint.worker);
        if (!worker) return "I20: session " + session.id.value + " is planned on a worker that was removed";
        if (worker->maintenance)
            return "maintenance: session " + session.id.value + " is planned on worker " + worker->name;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> CoordinatorMachine::check(const CoordinatorDraft& draft) {
    if (draft.cluster.epoch < draft.base->cluster.epoch) return "I4: the epoch fell";
    if (auto broken = check_calendar(draft.base->cluster, draft.cluster)) return broken;
    if (auto broken = check_writes(draft.tokens, check_token)) return broken;
    if (auto broken = check_writes(draft.sessions, check_session)) return broken;
    if (auto broken = check_writes(draft.recordings, check_recording)) return broken;
    if (auto broken = check_writes(draft.presence, check_presence)) return broken;
    return check_writes(draft.workers, [&](const WorkerRow& before, const WorkerRow* now) {
        return check_member(before, now, draft.tombstones.find("worker/" + before.id.value));
    });
}

Broken check_coordinator_progress(const CoordinatorState& before, const CoordinatorState& after) {
    if (after.cluster.epoch < before.cluster.epoch) return "I4: the epoch fell";
    if (auto broken = check_rows(before.workers, after.workers, [&](const WorkerRow& row, const WorkerRow* now) {
            return check_member(row, now, after.tombstones.find("worker/" + row.id.value));
        }))
        return broken;
    if (auto broken = check_calendar(before.cluster, after.cluster)) return broken;
    if (auto broken = check_rows(before.tokens, after.tokens, check_token)) return broken;
    if (auto broken = check_rows(before.sessions, after.sessions, check_session)) return broken;
    if (auto broken = check_rows(before.recordings, after.recordings, check_recording)) return broken;
    if (auto broken = check_rows(before.schedules, after.schedules, check_schedule)) return broken;
    return check_zone_versions(before, after);
}

Broken check_coordinator(const CoordinatorState& state) {
    if (state.tokens.size() > tokens_max) return "I17: tokens over their bound";
    if (state.schedules.size() > schedules_max) return "I17: schedules over their bound";
    std::map<EndpointId, SessionId> taken;
    for (const auto& [id, session] : state.sessions.rows()) {
        if (!session->active()) continue;
        for (const auto& output : session->outputs)
            if (!taken.emplace(output, id).second) return "output " + output.name + " is in two sessions";
        if (auto broken = check_planned(state, *session)) return broken;
    }
    std::set<EndpointId> heard;
    for (const auto& [id, listen] : state.listens.rows()) {
        const auto* worker = state.workers.find(listen->input.worker);
        if (!worker) return "I20: " + id.value + " listens to a worker that was removed";
        if (worker->maintenance) return "maintenance: " + id.value + " listens to worker " + worker->name;
        if (!heard.insert(listen->input).second) return "input " + listen->input.name + " is sent to two listeners";
    }
    std::set<EndpointId> recorded;
    for (const auto& [id, recording] : state.recordings.rows())
        for (const auto& track : recording->tracks) {
            const auto* worker = state.workers.find(track.input.worker);
            if (!recording->active() || track.over()) continue;
            if (worker && worker->maintenance)
                return "maintenance: recording " + id.value + " is planned on worker " + worker->name;
            if (recording->phase == RecordingPhase::recording && !recorded.insert(track.input).second)
                return "input " + track.input.name + " is in two recordings, one of them " + id.value;
        }
    const auto& limits = state.limits;
    if (state.journal.size() > limits.journal) return "I17: the journal is over its bound";
    if (state.tombstones.size() > limits.tombstones) return "I17: tombstones are over their bound";
    if (state.requests.size() > limits.answered_requests) return "I17: answered requests are over their bound";
    return std::nullopt;
}

}  // namespace antiphon::core
