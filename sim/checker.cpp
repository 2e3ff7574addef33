// The laws, asked after every event.
#include "sim/checker.hpp"

namespace antiphon::sim {
namespace {

bool busy(const core::WorkerState& state) {
    const auto activity = core::activity_of(state);
    return activity != core::Activity::waiting && activity != core::Activity::maintenance;
}

// What the answer promises is on the disk (I1).
core::Broken check_acknowledged(const core::AnswerBody& body, const core::CoordinatorState& durable) {
    if (const auto* session = std::get_if<core::SessionRow>(&body))
        if (!durable.sessions.find(session->id))
            return "I1: session " + session->id.value + " was answered, not stored";
    if (const auto* recording = std::get_if<core::RecordingRow>(&body))
        if (!durable.recordings.find(recording->id))
            return "I1: recording " + recording->id.value + " was answered, not stored";
    if (const auto* zone = std::get_if<core::ZoneRow>(&body))
        if (!durable.zones.find(zone->id)) return "I1: zone " + zone->id.value + " was answered, not stored";
    return std::nullopt;
}

}  // namespace

void Checker::worker_stepped(SimWorker& worker, const core::WorkerState& state, const core::CoordinatorState& durable) {
    ++counters_.worker_checks;
    auto& before = workers_[worker.id()];
    note(core::check_worker_progress(before, state));
    note(core::check_worker(state));
    note(core::check_worker_against(state, worker.id(), durable));
    if (granted_.contains(worker.id()) && busy(state))
        fail("maintenance: worker " + worker.name() + " was given up and plays or records before it was released");
    for (const auto& [id, run] : state.sessions) {
        const auto it = before.sessions.find(id);
        const bool played_before =
            it != before.sessions.end() && it->second.report.state == core::SessionState::playing;
        if (run.report.state == core::SessionState::playing && !played_before) ++counters_.played;
    }
    before = state;
}

void Checker::worker_effect(SimWorker& worker, const core::WorkerEffect& effect) {
    if (const auto* pong = std::get_if<core::SendPong>(&effect)) {
        ++counters_.pongs;
        if (!effects_.emplace(worker.id(), pong->pong.command).second)
            fail("I2: command " + pong->pong.command.value + " took effect twice on " + worker.name());
    }
}

void Checker::worker_crashed(const core::WorkerId& id) {
    auto& state = workers_[id];
    const auto memory = state.memory;
    state = {};
    state.memory = memory;
}

void Checker::coordinator_stored(const core::CoordinatorState& durable) {
    ++counters_.coordinator_checks;
    note(core::check_coordinator_progress(coordinator_, durable));
    note(core::check_coordinator(durable));
    coordinator_ = durable;
}

void Checker::requested(core::RequestId id, const core::RequestBody& body) {
    open_[id] = body;
    // From the moment somebody asks for the release, the worker may be used again.
    if (const auto* request = std::get_if<core::MaintenanceRequest>(&body); request && !request->wanted)
        for (const auto& [worker, row] : coordinator_.workers.rows())
            if (row->name == request->worker) granted_.erase(worker);
}

void Checker::answered(const core::Answer& answer, const core::CoordinatorState& durable) {
    const auto it = open_.find(answer.request);
    if (it == open_.end()) return;
    const auto request = it->second;
    open_.erase(it);
    const auto* maintenance = std::get_if<core::MaintenanceRequest>(&request);
    if (!answer.body) {
        ++counters_.refusals;
        if (maintenance && answer.body.error().code == core::ErrorCode::conflict) ++counters_.refused_busy;
        return;
    }
    ++counters_.answers;
    note(check_acknowledged(*answer.body, durable));
    if (std::holds_alternative<core::RecordingRow>(*answer.body)) ++counters_.uploaded;
    if (maintenance && maintenance->wanted) {
        ++counters_.granted;
        const auto& worker = std::get<core::WorkerRow>(*answer.body);
        if (busy(workers_[worker.id])) fail("maintenance: granted while " + worker.name + " plays or records");
        granted_.insert(worker.id);
    }
}

void Checker::finish(const SimWorker& worker, const core::CoordinatorState& durable) {
    const auto* row = durable.workers.find(worker.id());
    const auto& memory = worker.durable();
    if (memory.desired.generation != row->generation)
        fail("liveness: worker " + worker.name() + " stands at generation " +
             std::to_string(memory.desired.generation.value) + ", desired is " + std::to_string(row->generation.value));
    else if (core::desired_document(durable, worker.id()).sessions != memory.desired.sessions)
        fail("liveness: worker " + worker.name() + " has another document of the same generation");
    if (memory.epoch != durable.cluster.epoch) fail("liveness: worker " + worker.name() + " has not seen the epoch");
}

void Checker::expect_all_answered() {
    if (!open_.empty()) fail("liveness: request " + std::to_string(open_.begin()->first) + " had no end");
}

}  // namespace antiphon::sim
