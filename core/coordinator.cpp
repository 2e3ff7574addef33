// The coordinator's step: one event, through the parts, to one draft.
#include "core/coordinator.hpp"

#include "core/coordinator_turn.hpp"
#include "core/step.hpp"

namespace antiphon::core {
namespace {

std::optional<Result<AnswerBody>> already_answered(const CoordinatorDraft& draft, const UserRequest& request) {
    if (!request.idempotency) return std::nullopt;
    const auto* row = draft.requests.find(request.idempotency->key);
    if (!row) return std::nullopt;
    if (row->fingerprint != request.idempotency->fingerprint)
        return Error{ErrorCode::conflict, "this Idempotency-Key was used for another request; take a new one"};
    if (row->object.empty()) return AnswerBody{Done{}};
    if (const auto* session = draft.sessions.find({row->object})) return AnswerBody{*session};
    if (const auto* recording = draft.recordings.find({row->object})) return AnswerBody{*recording};
    if (const auto* zone = draft.zones.find({row->object})) return AnswerBody{*zone};
    return Error{ErrorCode::conflict, "this request was done already, and what it made, " + row->object + ", is gone"};
}

// Nothing for what cannot be answered a second time: an invitation's token is shown once, and joining has its own rule.
std::optional<std::string> object_of(const AnswerBody& body) {
    using Object = std::optional<std::string>;
    return std::visit(Overloaded{[](const SessionRow& row) { return Object(row.id.value); },
                                 [](const RecordingRow& row) { return Object(row.id.value); },
                                 [](const ZoneRow& row) { return Object(row.id.value); },
                                 [](const Done&) { return Object(""); }, [](const auto&) { return Object(); }},
                      body);
}

void remember_request(CoordinatorTurn& turn, const UserRequest& request, const AnswerBody& body) {
    const auto object = object_of(body);
    if (!request.idempotency || !object) return;
    auto& requests = turn.draft.requests;
    const RequestRow* oldest = nullptr;
    std::size_t count = 0;
    requests.each([&](const RequestRow& row) {
        ++count;
        if (!oldest || row.order < oldest->order) oldest = &row;
    });
    if (count >= answered_requests_kept) requests.erase(std::string(oldest->key));
    turn.draft.cluster_changed = true;
    const auto& [key, fingerprint] = *request.idempotency;
    requests.put(key, {key, fingerprint, *object, ++turn.draft.cluster.requests});
}

// Everybody hears of the epoch, and whoever missed a document gets it now.
void publish_all(CoordinatorTurn& turn) {
    turn.draft.workers.each([&](const WorkerRow& worker) {
        auto document = desired_document(*turn.draft.base, worker.id);
        document.epoch = turn.draft.cluster.epoch;
        turn.effects.push_back(PublishDesired{worker.id, std::move(document), turn.new_message_id()});
    });
}

void on(CoordinatorTurn& turn, const CoordinatorStarted& event) {
    ++turn.draft.cluster.epoch.value;
    turn.draft.cluster.incarnation = event.incarnation;
    turn.draft.cluster_changed = true;
    publish_all(turn);
}

// The doors have looked at this already; here it holds whatever door it came through.
std::optional<Error> inadmissible(const CoordinatorTurn& turn, const UserRequest& request) {
    const auto needed = permission_of(request.body);
    if (!request.principal.permissions.has(needed))
        return Error{ErrorCode::denied, "the token of " + request.principal.name + " lacks the permission '" +
                                            std::string(to_string(needed)) + "'"};
    if (turn.now > request.deadline)
        return Error{ErrorCode::unavailable, "the request has waited too long and was not carried out; try again"};
    return std::nullopt;
}

void on(CoordinatorTurn& turn, const UserRequest& request) {
    if (auto refused = inadmissible(turn, request)) {
        ++turn.draft.counters.inadmissible;
        turn.effects.push_back(Answer{request.id, *refused});
        return;
    }
    if (auto answered = already_answered(turn.draft, request)) {
        turn.effects.push_back(Answer{request.id, *answered});
        return;
    }
    std::visit(Overloaded{[&](const PingRequest& ping) { start_ask(turn, request, ping); },
                          [&](const MaintenanceRequest& maintenance) { start_ask(turn, request, maintenance); },
                          [&](const auto& body) {
                              auto answer = handle(turn, request, body);
                              if (answer) remember_request(turn, request, *answer);
                              turn.effects.push_back(Answer{request.id, std::move(answer)});
                          }},
               request.body);
}

void on(CoordinatorTurn& turn, const WorkerMessage& message) { hear(turn, message); }

void on(CoordinatorTurn& turn, const TrackReceived& track) { receive_track(turn, track); }

void on(CoordinatorTurn& turn, const BusConnected&) { publish_all(turn); }

void on(CoordinatorTurn& turn, const ClusterTick&) {
    expire_asks(turn);
    miss_the_silent(turn);
    step_sessions(turn, nullptr);
    prune_finished(turn);
}

}  // namespace

CoordinatorDraft::CoordinatorDraft(const CoordinatorState& state)
    : cluster(state.cluster),
      next_message(state.next_message),
      counters(state.counters),
      workers(state.workers),
      presence(state.presence),
      sessions(state.sessions),
      recordings(state.recordings),
      zones(state.zones),
      outputs(state.outputs),
      invitations(state.invitations),
      requests(state.requests),
      asks(state.asks),
      base(&state) {}

void CoordinatorDraft::apply_to(CoordinatorState& state) const {
    state.cluster = cluster;
    state.next_message = next_message;
    state.counters = counters;
    workers.apply_to(state.workers);
    presence.apply_to(state.presence);
    sessions.apply_to(state.sessions);
    recordings.apply_to(state.recordings);
    zones.apply_to(state.zones);
    outputs.apply_to(state.outputs);
    invitations.apply_to(state.invitations);
    requests.apply_to(state.requests);
    asks.apply_to(state.asks);
}

std::vector<CoordinatorEffect> CoordinatorMachine::step(CoordinatorDraft& draft, LocalTime now,
                                                        const CoordinatorEvent& event) {
    std::vector<CoordinatorEffect> effects;
    CoordinatorTurn turn{draft, now, effects, {}};
    std::visit([&](const auto& e) { on(turn, e); }, event);
    publish_touched(turn);
    return effects;
}

}  // namespace antiphon::core
