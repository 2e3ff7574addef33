// The laws, asked after every event.
#include "sim/checker.hpp"

#include "core/step.hpp"

namespace antiphon::sim {
namespace {

using std::chrono::seconds;

constexpr int door_ticks = 3;

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
                         [&](const core::ListenRow& row) { return check_stored(row, durable.listens); },
                         [&](const core::RecordingRow& row) { return check_stored(row, durable.recordings); },
                         [&](const core::MarkRow& row) { return check_stored(row, durable.marks); },
                         [&](const core::ScheduleRow& row) { return check_stored(row, durable.schedules); },
                         [&](const core::ZoneRow& row) { return check_stored(row, durable.zones); },
                         [&](core::WorkerRow row) {
                             // The answer is made before the document that it leads to has its generation.
                             if (const auto* stored = durable.workers.find(row.id)) row.generation = stored->generation;
                             return check_stored(row, durable.workers);
                         },
                         [&](const core::PairingRow& row) {
                             const auto* stored = durable.pairings.find(row.device);
                             return stored && *stored == row
                                        ? core::Broken()
                                        : core::Broken("I1: " + row.device + " was answered, but the disk has it not");
                         },
                         [](const auto&) { return core::Broken(); }},
        body);
}

std::string id_of(const core::AnswerBody& body) {
    return std::visit(core::Overloaded{[](const core::SessionRow& row) { return row.id.value; },
                                       [](const core::RecordingRow& row) { return row.id.value; },
                                       [](const core::MarkRow& row) { return row.id.value; },
                                       [](const core::ScheduleRow& row) { return row.id.value; },
                                       [](const core::ZoneRow& row) { return row.id.value; },
                                       [](const auto&) { return std::string(); }},
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

// A request that waits for a board ends by then.
core::Duration limit_of(const core::UserRequest& request) {
    const auto* bluetooth = std::get_if<core::BluetoothRequest>(&request.body);
    const bool pairs = bluetooth && bluetooth->order.verb == core::BluetoothVerb::pair;
    return pairs ? core::pair_limit : core::ask_limit;
}

}  // namespace

void Checker::remove_worker(const core::WorkerId& id) {
    for (auto& [device, drivers] : drivers_) drivers.erase(id);
    workers_.erase(id);
    granted_.erase(id);
}

void Checker::set_members(const core::CoordinatorState& durable) {
    removed_.clear();
    for (const auto& [id, state] : workers_)
        if (!durable.workers.find(id)) removed_.insert(id);
    for (auto& [device, drivers] : drivers_)
        std::erase_if(drivers, [&](const core::WorkerId& id) { return removed_.contains(id); });
}

void Checker::check_devices(const core::WorkerId& id, const core::WorkerState& state) {
    for (auto& [device, drivers] : drivers_) drivers.erase(id);
    if (removed_.contains(id)) return;
    for (const auto& device : core::driven_devices(state)) {
        auto& drivers = drivers_[device];
        drivers.insert(id);
        if (drivers.size() > 1)
            fail("I5: " + device + " is driven by " + drivers.begin()->value + " and " + drivers.rbegin()->value);
    }
}

void Checker::worker_stepped(const core::WorkerId& id, const core::WorkerState& state) {
    ++counters_.worker_checks;
    auto& before = workers_[id];
    note(core::check_worker_progress(before.memory, state.memory));
    note(core::check_worker(state));
    note(core::check_worker_against(state, id, newest_[id], highest_));
    check_devices(id, state);
    if (granted_.contains(id) && busy(state))
        fail("maintenance: worker " + id.value + " was given up and plays or records before it was released");
    for (const auto& [session, run] : state.sessions) {
        const auto it = before.sessions.find(session);
        const bool played_before =
            it != before.sessions.end() && it->second.report.state == core::SessionState::playing;
        if (run.report.state != core::SessionState::playing || played_before) continue;
        ++counters_.played;
        if (!core::driven_devices(state).empty()) ++counters_.shared_played;
    }
    before = state;
}

void Checker::worker_effect(SimWorker& worker, const core::WorkerEffect& effect, const core::WorkerState& state) {
    const auto once = [&](const core::MessageId& command) {
        if (!effects_.emplace(worker.id(), command).second)
            fail("I2: command " + command.value + " took effect twice on " + worker.name());
    };
    if (const auto* pong = std::get_if<core::SendPong>(&effect)) {
        ++counters_.pongs;
        once(pong->pong.command);
    }
    if (const auto* obey = std::get_if<core::ObeyOrder>(&effect)) once(obey->command);
    if (std::holds_alternative<core::SendInput>(effect)) ++counters_.inputs_sent;
    if (const auto* report = std::get_if<core::SendReport>(&effect)) {
        ++counters_.reports_checked;
        note(core::check_report(report->document, state, worker.now()));
    }
}

void Checker::worker_restarted(const core::WorkerId& id) {
    auto& state = workers_[id];
    const auto memory = state.memory;
    state = {};
    state.memory = memory;
}

void Checker::worker_crashed(const core::WorkerId& id) {
    worker_restarted(id);
    for (auto& [device, drivers] : drivers_) drivers.erase(id);
}

void Checker::coordinator_stepped(const core::CoordinatorDraft& draft) {
    std::size_t asks = 0;
    draft.asks.each([&](const core::Ask&) { ++asks; });
    const auto& limits = draft.base->limits;
    if (asks > limits.asks) fail("I17: " + std::to_string(asks) + " requests wait for workers, over the bound");
    if (draft.news.size() > limits.news) fail("I17: the news are over their bound");
    draft.presence.each([&](const core::Presence& presence) {
        if (!draft.workers.find(presence.id)) fail("I20: " + presence.id.value + " is heard though it was removed");
    });
}

void Checker::coordinator_stored(const std::string& name, const core::CoordinatorState& durable) {
    ++counters_.coordinator_checks;
    auto& before = coordinators_[name];
    note(core::check_coordinator_progress(before, durable));
    note(core::check_coordinator(durable));
    if (durable.cluster.superseded_by && !before.cluster.superseded_by) ++counters_.superseded;
    for (const auto& [id, row] : durable.workers.rows()) {
        newest_[id] = std::max(newest_[id], row->generation);
        if (!row->maintenance) granted_.erase(id);  // released: it may be used again
    }
    highest_ = std::max(highest_, durable.cluster.epoch);
    for (const auto& [id, row] : durable.recordings.rows())
        counters_.scheduled += row->schedule && !before.recordings.find(id);
    before = durable;
}

void Checker::coordinator_restored(const std::string& name, const core::CoordinatorState& durable) {
    coordinators_[name] = durable;
    for (const auto& [id, row] : durable.workers.rows()) newest_[id] = std::max(newest_[id], row->generation);
    highest_ = std::max(highest_, durable.cluster.epoch);
    overwritten_.clear();  // versions and keys that the backup does not know of may come again
    made_.clear();
    over_.clear();
    granted_.clear();
}

void Checker::requested(const std::string& name, const core::UserRequest& request, core::LocalTime now,
                        const core::CoordinatorState& durable) {
    const auto& token = request.principal.token;
    const auto* row = durable.tokens.find(token);
    const auto until = request.deadline == core::end_of_time ? now : request.deadline;
    open_[request.id] = {name, request, std::max(until, now + limit_of(request)) + seconds(5),
                         !token.value.empty() && (!row || row->ended), over_.contains(token)};
    if (const auto* invite = std::get_if<core::InviteRequest>(&request.body)) invited_[invite->digest] = now;
}

void Checker::check_door(const std::string& name, const std::set<core::TokenId>& door,
                         const core::CoordinatorState& durable) {
    std::set<core::TokenId> good;
    for (const auto& [id, row] : durable.tokens.rows())
        if (!row->ended) good.insert(id);
    auto& ajar = ajar_[name];
    ajar = door == good ? 0 : ajar + 1;
    if (ajar > door_ticks) fail("I21: the door of " + name + " lets in others than its disk");
}

// I20 and I21: a token that is over opens nothing, and stays over.
void Checker::check_token(const Open& open, const core::Result<core::AnswerBody>& body) {
    const auto& token = open.request.principal.token;
    if (token.value.empty()) return;
    const bool over = !body && body.error().code == core::ErrorCode::denied &&
                      open.request.principal.permissions.has(core::permission_of(open.request.body));
    if (over) over_.insert(token);
    if (over) ++counters_.shut_out;
    if (body) ++counters_.let_in;
    if (body && open.token_over) fail("I21: " + token.value + " was over, and something was done for it");
    if (body && open.told_over) fail("I20: " + token.value + " was told to be over, and is good again");
}

void Checker::coordinator_crashed(const std::string& name) {
    std::erase_if(open_, [&](const auto& entry) { return entry.second.coordinator == name; });
}

void Checker::coordinator_paused(const std::string& name, core::LocalTime now) {
    for (auto& [id, open] : open_)
        if (open.coordinator == name) open.due = std::max(open.due, now + limit_of(open.request) + seconds(5));
}

void Checker::restarted(const std::string& name, core::LocalTime now) {
    ++counters_.restarts;
    auto& recent = restarts_[name];
    std::erase_if(recent, [&](core::LocalTime at) { return now - at >= seconds(60); });
    recent.push_back(now);
    if (recent.size() > 3) fail("I19: the actor of " + name + " was restarted more than 3 times in 60 s");
}

void Checker::gave_up(const std::string& name) {
    ++counters_.gave_up;
    if (restarts_[name].size() < 3) fail("I19: the supervisor of " + name + " gave up early");
}

void Checker::check_deadlines(core::LocalTime now) {
    for (const auto& [id, open] : open_)
        if (now > open.due) fail("liveness: request " + std::to_string(id) + " had no end by its deadline and 5 s");
}

// I21 and I18, from what people are told.
void Checker::check_refusal(const core::UserRequest& request, const core::Error& error) {
    ++counters_.refusals;
    if (error.current_version) ++counters_.conflicts;
    if (error.code == core::ErrorCode::denied && !request.principal.permissions.has(core::permission_of(request.body)))
        ++counters_.denied;
    if (std::holds_alternative<core::MaintenanceRequest>(request.body) && error.code == core::ErrorCode::conflict)
        ++counters_.refused_busy;
    const auto* join = std::get_if<core::JoinRequest>(&request.body);
    const bool too_old = join && error.what.find("older than 10 minutes") != std::string::npos;
    if (too_old && request.deadline - invited_[join->invitation_digest] < core::invitation_life)
        fail("I18: a fresh invitation is told too old");
}

// I2: one key, one effect.
void Checker::check_once(const core::UserRequest& request, const core::AnswerBody& body) {
    if (!request.idempotency || id_of(body).empty()) return;
    const auto [it, first] =
        made_.emplace(request.idempotency->key + "\n" + request.idempotency->fingerprint, id_of(body));
    if (!first) ++counters_.repeated;
    if (!first && it->second != id_of(body))
        fail("I2: the request with " + request.idempotency->key + " was done twice: " + it->second + " and " +
             id_of(body));
}

void Checker::check_answer(const core::UserRequest& request, const core::AnswerBody& body,
                           const core::CoordinatorState& durable) {
    ++counters_.answers;
    note(check_acknowledged(body, durable));
    counters_.listened += std::holds_alternative<core::ListenRow>(body) ? 1 : 0;
    counters_.paired += std::holds_alternative<core::PairingRow>(body) ? 1 : 0;
    if (!request.principal.permissions.has(core::permission_of(request.body)))
        fail("I21: request " + std::to_string(request.id) + " was carried out without the permission");
}

// I16: of concurrent writes of one version one succeeds.
void Checker::check_write(const core::UserRequest& request) {
    const auto* zone = std::get_if<core::ZoneSetRequest>(&request.body);
    if (!zone || !zone->expected_version) return;
    if (!overwritten_.emplace(zone->name, *zone->expected_version).second)
        fail("I16: two writes of version " + std::to_string(*zone->expected_version) + " of zone " + zone->name +
             " have succeeded");
}

void Checker::check_grant(const core::UserRequest& request, const core::AnswerBody& body) {
    const auto* maintenance = std::get_if<core::MaintenanceRequest>(&request.body);
    if (!maintenance || !maintenance->wanted) return;
    ++counters_.granted;
    const auto& worker = std::get<core::WorkerRow>(body);
    if (workers_.contains(worker.id) && busy(workers_[worker.id]))
        fail("maintenance: granted while " + worker.name + " plays or records");
    granted_.insert(worker.id);
}

void Checker::answered(const core::Answer& answer, const core::CoordinatorState& durable, bool leads) {
    const auto it = open_.find(answer.request);
    if (it == open_.end()) return;
    const auto request = it->second.request;
    if (leads) check_token(it->second, answer.body);
    open_.erase(it);
    if (answer.body) {
        check_answer(request, *answer.body, durable);
        if (leads) check_once(request, *answer.body);
        if (leads) check_write(request);
        if (leads) check_grant(request, *answer.body);
    } else {
        check_refusal(request, answer.body.error());
    }
}

void Checker::uploaded(const core::TrackReceived& track, const Devices::File* file,
                       const core::CoordinatorState& durable) {
    ++counters_.uploaded;
    const auto* recording = durable.recordings.find(track.recording);
    if (!recording || !file) return;
    for (const auto& row : recording->tracks)
        if (row.input == track.input && row.state == core::TrackState::uploaded && row.sha256 == track.sha256)
            note(core::check_track(row.frames, row.gap_frames, file->elapsed_frames));
}

void Checker::finish(const SimWorker& worker, const core::CoordinatorState& durable) {
    const auto* row = durable.workers.find(worker.id());
    if (!row) return;
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
    if (worker.devices().sending() != desired.uplinks.value_or(std::vector<core::DesiredUplink>()))
        fail("liveness: worker " + worker.name() + " sends other inputs than it shall");
    note(check_recordings_end(worker.id(), durable));
    if (memory.epoch != durable.cluster.epoch) fail("liveness: worker " + worker.name() + " has not seen the epoch");
}

void Checker::coordinator_effect(const core::CoordinatorEffect& effect) {
    if (std::holds_alternative<core::BeginSource>(effect)) ++counters_.sources;
}

void Checker::finish(const SimCoordinator& coordinator, core::LocalTime now) {
    auto open = coordinator.sources().all();
    for (const auto& [id, session] : coordinator.durable().sessions.rows()) {
        if (!session->programme.live || !session->active()) continue;
        const auto source = open.extract(id);
        if (!source)
            fail("liveness: the source of session " + id.value + " is not open");
        else if (session->programme.live->door != source.mapped().door)
            fail("liveness: session " + id.value + " has another door than its source");
        else if (session->programme.live->begins != source.mapped().begins)
            fail("liveness: the source of session " + id.value + " has not begun as its session says");
        else if (session->open_door != source.mapped().open_door)
            fail("liveness: the source of session " + id.value + " is sent elsewhere than its session says");
    }
    for (const auto& [id, listen] : coordinator.durable().listens.rows()) {
        const auto source = open.extract(id);
        if (!source)
            fail("liveness: the source of listener " + id.value + " is not open");
        else if (listen->uplink != source.mapped().uplink || listen->begins != source.mapped().begins)
            fail("liveness: the source of listener " + id.value + " has not begun as its row says");
    }
    for (const auto& [id, recording] : coordinator.durable().recordings.rows())
        if (recording->phase == core::RecordingPhase::recording && recording->ends && recording->ends->at.ns < now.ns)
            fail("liveness: recording " + id.value + " goes on though its time is over");
    if (!open.empty()) fail("liveness: the source of session " + open.begin()->first.value + " was left open");
}

void Checker::expect_all_answered() {
    if (!open_.empty()) fail("liveness: request " + std::to_string(open_.begin()->first) + " had no end");
}

}  // namespace antiphon::sim
