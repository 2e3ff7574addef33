// The coordinator's step: one event, through the parts, to one draft.
#include "core/coordinator.hpp"

#include <utility>

#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"
#include "core/step.hpp"

namespace antiphon::core {
namespace {

std::optional<Result<AnswerBody>> already_answered(const CoordinatorDraft& draft, const UserRequest& request) {
    if (!request.idempotency || mutated(Mutant::key_twice)) return std::nullopt;
    const auto* row = draft.requests.find(request.idempotency->key);
    if (!row) return std::nullopt;
    if (row->fingerprint != request.idempotency->fingerprint)
        return Error{ErrorCode::conflict, "this Idempotency-Key was used for another request; take a new one"};
    if (row->object.empty()) return AnswerBody{Done{}};
    if (const auto* session = draft.sessions.find({row->object})) return AnswerBody{*session};
    if (const auto* recording = draft.recordings.find({row->object})) return AnswerBody{*recording};
    if (const auto* mark = draft.marks.find({row->object})) return AnswerBody{*mark};
    if (const auto* schedule = draft.schedules.find({row->object})) return AnswerBody{*schedule};
    if (const auto* zone = draft.zones.find({row->object})) return AnswerBody{*zone};
    return Error{ErrorCode::conflict, "this request was done already, and what it made, " + row->object + ", is gone"};
}

// Nothing for what cannot be answered a second time: an invitation's token is shown once, and joining has its own rule.
std::optional<std::string> object_of(const AnswerBody& body) {
    using Object = std::optional<std::string>;
    return std::visit(Overloaded{[](const SessionRow& row) { return Object(row.id.value); },
                                 [](const RecordingRow& row) { return Object(row.id.value); },
                                 [](const MarkRow& row) { return Object(row.id.value); },
                                 [](const ScheduleRow& row) { return Object(row.id.value); },
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
    if (count >= turn.draft.base->limits.answered_requests) requests.erase(std::string(oldest->key));
    turn.draft.cluster_changed = true;
    const auto& [key, fingerprint] = *request.idempotency;
    requests.put(key, {key, fingerprint, *object, ++turn.draft.cluster.requests});
}

void on(CoordinatorTurn& turn, const CoordinatorStarted& event) {
    turn.draft.label = {event.wall, turn.now};
    if (turn.draft.cluster.superseded_by) return;  // until an operator restores a backup here
    ++turn.draft.cluster.epoch.value;
    turn.draft.cluster.incarnation = event.incarnation;
    turn.draft.cluster_changed = true;
    end_listens(turn);
    publish_all(turn);
    open_sources_again(turn);
    find_occurrences(turn, event.wall);
    turn.announce("coordinator.started", "", "epoch " + std::to_string(turn.draft.cluster.epoch.value));
}

// The doors have looked at this already; here it holds whatever door it came through.
std::optional<Error> inadmissible(const CoordinatorTurn& turn, const UserRequest& request) {
    const auto needed = permission_of(request.body);
    if (!request.principal.permissions.has(needed) && !mutated(Mutant::unpermitted))
        return Error{ErrorCode::denied, "the token of " + request.principal.name + " lacks the permission '" +
                                            std::string(to_string(needed)) + "'"};
    if (const auto over = token_over(turn, request)) return over;
    if (const auto other = turn.draft.cluster.superseded_by)
        return Error{ErrorCode::conflict,
                     "another coordinator (epoch " + std::to_string(other->value) +
                         ") leads this cluster, and this one (epoch " + std::to_string(turn.draft.cluster.epoch.value) +
                         ") decides nothing any more; ask that one, or stop it and restore a backup here"};
    if (turn.now > request.deadline)
        return Error{ErrorCode::unavailable, "the request has waited too long and was not carried out; try again"};
    return std::nullopt;
}

void decide(CoordinatorTurn& turn, const UserRequest& request) {
    if (auto refused = inadmissible(turn, request)) {
        ++turn.draft.counters.inadmissible;
        end_tokens_seen_over(turn, request);
        turn.effects.push_back(Answer{request.id, *refused});
        return;
    }
    if (auto answered = already_answered(turn.draft, request)) {
        turn.effects.push_back(Answer{request.id, *answered});
        return;
    }
    std::visit(Overloaded{[&](const PingRequest& ping) { start_ask(turn, request, ping); },
                          [&](const MaintenanceRequest& maintenance) { start_ask(turn, request, maintenance); },
                          [&](const BluetoothRequest& bluetooth) { start_ask(turn, request, bluetooth); },
                          [&](const auto& body) {
                              auto answer = handle(turn, request, body);
                              if (answer) remember_request(turn, request, *answer);
                              turn.effects.push_back(Answer{request.id, std::move(answer)});
                          }},
               request.body);
}

void on(CoordinatorTurn& turn, const UserRequest& request) {
    turn.asked_by = request.principal.name;
    turn.ground = "it was asked for";
    decide(turn, request);
    for (const auto& effect : turn.effects) {
        const auto* answer = std::get_if<Answer>(&effect);
        if (answer && answer->request == request.id && !answer->body)
            turn.note("request.refused", "", answer->body.error().what);
    }
}

// Who leads says what shall be; all others are silent.
void silence(std::vector<CoordinatorEffect>& effects) {
    std::erase_if(effects, [](const CoordinatorEffect& effect) {
        return std::holds_alternative<PublishDesired>(effect) || std::holds_alternative<PublishPing>(effect) ||
               std::holds_alternative<PublishOrder>(effect);
    });
}

void on(CoordinatorTurn& turn, const WorkerMessage& message) {
    if (!turn.draft.cluster.superseded_by) hear(turn, message);
}

void on(CoordinatorTurn& turn, const TrackReceived& track) {
    turn.ground = track.damaged ? "it was read again" : "its file arrived";
    if (!turn.draft.cluster.superseded_by) return receive_track(turn, track);
    // The worker keeps it, and finds the one that leads.
    turn.effects.push_back(
        Answer{track.request, Error{ErrorCode::unavailable, "another coordinator leads this cluster"}});
}

void on(CoordinatorTurn& turn, const SourceOpened& opened) { hear_source(turn, opened); }

void on(CoordinatorTurn& turn, const SourceChanged& changed) {
    turn.ground = "its source said so";
    hear_source(turn, changed);
}

void on(CoordinatorTurn& turn, const ListenersGone& gone) {
    turn.ground = "nobody had taken it for a while";
    if (!turn.draft.cluster.superseded_by) hear_listeners(turn, gone);
}

void on(CoordinatorTurn& turn, const SourcesUnheard&) {
    if (!turn.draft.cluster.superseded_by) open_sources_again(turn);
}

void on(CoordinatorTurn& turn, const BusConnected&) { publish_all(turn); }

void on(CoordinatorTurn& turn, const ClusterTick& tick) {
    turn.draft.label = {tick.wall, turn.now};
    turn.ground = "its time had come";
    if (!turn.draft.cluster.superseded_by) {
        withdraw_expired(turn);
        repeat_orders(turn);
        miss_the_silent(turn);
        compare_epochs(turn);
        step_sessions(turn, nullptr);
        end_recordings(turn);
        prune_finished(turn);
    }
    write_news(turn);
}

void on(CoordinatorTurn& turn, const AsksTick&) { expire_asks(turn); }

void on(CoordinatorTurn& turn, const CalendarTick& tick) {
    const auto before = std::exchange(turn.draft.calendar, {tick.wall, turn.now});
    turn.draft.label = turn.draft.calendar;
    turn.ground = "its date had come";
    if (turn.draft.cluster.superseded_by) return;
    turn_calendar(turn, tick.wall);
    run_schedules(turn, before);
}

void on(CoordinatorTurn& turn, const OccurrenceFound& found) {
    if (!turn.draft.cluster.superseded_by) plan_occurrence(turn, found);
}

}  // namespace

CoordinatorDraft::CoordinatorDraft(const CoordinatorState& state)
    : cluster(state.cluster),
      next_message(state.next_message),
      counters(state.counters),
      workers(state.workers),
      presence(state.presence),
      sessions(state.sessions),
      listens(state.listens),
      recordings(state.recordings),
      marks(state.marks),
      schedules(state.schedules),
      zones(state.zones),
      outputs(state.outputs),
      invitations(state.invitations),
      tokens(state.tokens),
      requests(state.requests),
      tombstones(state.tombstones),
      holds(state.holds),
      pairings(state.pairings),
      journal(state.journal),
      asks(state.asks),
      sources(state.sources),
      news(state.news),
      label(state.label),
      calendar(state.calendar),
      base(&state) {}

void CoordinatorDraft::apply_to(CoordinatorState& state) const {
    state.cluster = cluster;
    state.next_message = next_message;
    state.counters = counters;
    workers.apply_to(state.workers);
    presence.apply_to(state.presence);
    sessions.apply_to(state.sessions);
    listens.apply_to(state.listens);
    recordings.apply_to(state.recordings);
    marks.apply_to(state.marks);
    schedules.apply_to(state.schedules);
    zones.apply_to(state.zones);
    outputs.apply_to(state.outputs);
    invitations.apply_to(state.invitations);
    tokens.apply_to(state.tokens);
    requests.apply_to(state.requests);
    tombstones.apply_to(state.tombstones);
    holds.apply_to(state.holds);
    pairings.apply_to(state.pairings);
    journal.apply_to(state.journal);
    asks.apply_to(state.asks);
    sources.apply_to(state.sources);
    state.news = news;
    state.label = label;
    state.calendar = calendar;
}

std::vector<CoordinatorEffect> CoordinatorMachine::step(CoordinatorDraft& draft, LocalTime now,
                                                        const CoordinatorEvent& event) {
    std::vector<CoordinatorEffect> effects;
    CoordinatorTurn turn{draft, now, effects, {}, {}, {}, {}};
    std::visit([&](const auto& e) { on(turn, e); }, event);
    publish_touched(turn);
    tend_sources(turn);
    if (draft.cluster.superseded_by) silence(effects);
    return effects;
}

}  // namespace antiphon::core
