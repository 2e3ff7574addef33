// The laws, asked after every event.
#include "sim/checker.hpp"

#include "core/step.hpp"

namespace antiphon::sim {
namespace {

bool busy(const core::WorkerState& state) {
    const auto activity = core::activity_of(state);
    return activity != core::Activity::waiting && activity != core::Activity::maintenance;
}

template <class Id, class Row>
core::Broken check_stored(const Row& answered, const core::Table<Id, Row>& durable) {
    const auto* row = durable.find(answered.id);
    if (row && *row == answered) return std::nullopt;
    return "I1: " + answered.id.value + " was answered, but the disk " + (row ? "says otherwise" : "has it not");
}

// What the answer promises is on the disk (I1).
core::Broken check_acknowledged(const core::AnswerBody& body, const core::CoordinatorState& durable) {
    return std::visit(
        core::Overloaded{[&](const core::SessionRow& row) { return check_stored(row, durable.sessions); },
                         [&](const core::RecordingRow& row) { return check_stored(row, durable.recordings); },
                         [&](const core::ZoneRow& row) { return check_stored(row, durable.zones); },
                         [&](core::WorkerRow row) {
                             // The answer is made before the document that it leads to has its generation.
                             if (const auto* stored = durable.workers.find(row.id)) row.generation = stored->generation;
                             return check_stored(row, durable.workers);
                         },
                         [](const auto&) { return core::Broken(); }},
        body);
}

// A recording that this worker could have finished by now.
core::Broken check_recordings_end(const core::WorkerId& worker, const core::CoordinatorState& durable) {
    for (const auto& [id, recording] : durable.recordings.rows())
        for (const auto& track : recording->tracks)
            if (recording->phase == core::RecordingPhase::stopping && track.input.worker == worker && !track.over())
                return "liveness: recording " + id.value + " was stopped and its track of " + worker.value +
                       " did not come";
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
    auto desired = core::desired_document(durable, worker.id());
    desired.epoch = memory.desired.epoch;  // of the life in which it was made
    if (memory.desired.generation != row->generation)
        fail("liveness: worker " + worker.name() + " stands at generation " +
             std::to_string(memory.desired.generation.value) + ", desired is " + std::to_string(row->generation.value));
    else if (desired != memory.desired)
        fail("liveness: worker " + worker.name() + " has another document of the same generation");
    for (const auto& session : desired.sessions)
        if (!workers_[worker.id()].sessions.contains(session.id))
            fail("liveness: worker " + worker.name() + " does not run session " + session.id.value);
    note(check_recordings_end(worker.id(), durable));
    if (memory.epoch != durable.cluster.epoch) fail("liveness: worker " + worker.name() + " has not seen the epoch");
}

void Checker::expect_all_answered() {
    if (!open_.empty()) fail("liveness: request " + std::to_string(open_.begin()->first) + " had no end");
}

}  // namespace antiphon::sim
