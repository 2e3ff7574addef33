// Each law, once.
#include "core/invariants.hpp"

#include <algorithm>
#include <map>

namespace antiphon::core {
namespace {

template <class Row, class Items>
bool contains_id(const Items& items, const Row& id) {
    return std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.id == id; });
}

std::string number(std::uint64_t value) { return std::to_string(value); }

bool went_back(RecordingPhase before, RecordingPhase now) {
    // Failed is not the last word: its file may come late.
    if (before == RecordingPhase::failed && now == RecordingPhase::complete) return false;
    return now < before || (before == RecordingPhase::complete && now != before);
}

Broken check_sessions_stay_over(const CoordinatorState& before, const CoordinatorState& after) {
    for (const auto& [id, row] : before.sessions.rows()) {
        const auto* now = after.sessions.find(id);
        if (!row->active() && now && now->active()) return "I20: session " + id.value + " was over and is active again";
        if (row->active() && !now) return "I1: active session " + id.value + " has vanished";
    }
    for (const auto& [id, row] : before.recordings.rows()) {
        const auto* now = after.recordings.find(id);
        if (now && went_back(row->phase, now->phase)) return "I20: recording " + id.value + " went back";
        if (row->active() && !now) return "I1: active recording " + id.value + " has vanished";
    }
    return std::nullopt;
}

}  // namespace

Broken check_worker_progress(const WorkerState& before, const WorkerState& after) {
    const auto& old = before.memory;
    const auto& now = after.memory;
    if (now.desired.generation < old.desired.generation)
        return "I3: applied generation fell from " + number(old.desired.generation.value) + " to " +
               number(now.desired.generation.value);
    if (now.epoch < old.epoch)
        return "I4: epoch fell from " + number(old.epoch.value) + " to " + number(now.epoch.value);
    if (now.desired != old.desired && now.desired.epoch < old.epoch)
        return "I4: a document of epoch " + number(now.desired.epoch.value) + " was accepted after epoch " +
               number(old.epoch.value);
    if (now.desired != old.desired && now.desired.generation == old.desired.generation)
        return "I3: two documents of generation " + number(now.desired.generation.value);
    return std::nullopt;
}

Broken check_worker(const WorkerState& worker) {
    for (const auto& [id, run] : worker.sessions)
        if (!contains_id(worker.memory.desired.sessions, id))
            return "I20: session " + id.value + " runs though it is not desired";
    const auto activity = activity_of(worker);
    const bool busy = activity != Activity::waiting && activity != Activity::maintenance;
    if (worker.maintenance && busy) return "maintenance: given up while it plays or records";
    if (worker.maintenance && !worker.memory.desired.maintenance) return "maintenance: given up without being asked";
    if (worker.memory.commands.size() > remembered_commands_max) return "I17: remembered commands over their bound";
    return std::nullopt;
}

Broken check_worker_against(const WorkerState& worker, const WorkerId& id, const CoordinatorState& durable) {
    const auto* row = durable.workers.find(id);
    if (!row) return "I1: worker " + id.value + " has vanished";
    if (worker.memory.desired.generation > row->generation)
        return "I3: worker " + id.value + " applies generation " + number(worker.memory.desired.generation.value) +
               ", but " + number(row->generation.value) + " is the newest that is durable";
    if (worker.memory.epoch > durable.cluster.epoch) return "I4: worker " + id.value + " has seen an epoch of nobody";
    return std::nullopt;
}

Broken check_coordinator_progress(const CoordinatorState& before, const CoordinatorState& after) {
    if (after.cluster.epoch < before.cluster.epoch) return "I4: the epoch fell";
    for (const auto& [id, row] : before.workers.rows()) {
        const auto* now = after.workers.find(id);
        if (!now) return "I1: worker " + id.value + " has vanished";
        if (now->generation < row->generation) return "I3: the desired generation of " + id.value + " fell";
    }
    return check_sessions_stay_over(before, after);
}

Broken check_coordinator(const CoordinatorState& state) {
    std::map<EndpointId, SessionId> taken;
    for (const auto& [id, session] : state.sessions.rows()) {
        if (!session->active()) continue;
        for (const auto& output : session->outputs) {
            if (!taken.emplace(output, id).second) return "output " + output.name + " is in two sessions";
            const auto* worker = state.workers.find(output.worker);
            if (worker && worker->maintenance)
                return "maintenance: session " + id.value + " is planned on worker " + worker->name;
        }
    }
    for (const auto& [id, recording] : state.recordings.rows())
        for (const auto& track : recording->tracks) {
            const auto* worker = state.workers.find(track.input.worker);
            if (recording->active() && !track.over() && worker && worker->maintenance)
                return "maintenance: recording " + id.value + " is planned on worker " + worker->name;
        }
    return std::nullopt;
}

}  // namespace antiphon::core
