// Who belongs to the cluster, what they say, and the requests that wait for their word.
#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"
#include "core/step.hpp"

namespace antiphon::core {
namespace {

// Who asks again because the answer was lost on its way: the same board, by the key that it made for this.
const WorkerRow* joined_before(const CoordinatorDraft& draft, const InvitationRow& invitation,
                               const JoinRequest& join) {
    const auto* worker = invitation.used_by ? draft.workers.find(*invitation.used_by) : nullptr;
    const bool same = worker && !join.public_key.empty() && worker->public_key == join.public_key;
    return same && worker->name == join.name ? worker : nullptr;
}

Result<const InvitationRow*> require_invitation(const CoordinatorTurn& turn, WallTime wall, const JoinRequest& join) {
    const auto* row = turn.draft.invitations.find(join.invitation_digest);
    auto now = turn.cluster_now();
    if (mutated(Mutant::wall_clock_deadline)) now.ns = wall.ns;
    if (!row) return Error{ErrorCode::denied, "this invitation is unknown; make a new one with: antiphon invite"};
    if (row->used_by && !joined_before(turn.draft, *row, join))
        return Error{ErrorCode::denied, "this invitation was used already; make a new one with: antiphon invite"};
    if (row->expires.incarnation != now.incarnation || now.ns > row->expires.ns)
        return Error{ErrorCode::denied,
                     "this invitation is older than 10 minutes; make a new one with: antiphon invite"};
    return row;
}

AnswerBody admit(CoordinatorTurn& turn, WorkerRow worker, const JoinRequest& join) {
    worker.credential_digest = join.credential_digest;
    worker.broker_password = join.broker_password;
    worker.message_key = join.message_key;
    turn.draft.workers.put(worker.id, worker);
    turn.effects.push_back(AdmitWorker{worker.id});
    turn.announce("worker.joined", worker.id.value, "'" + worker.name + "'");
    return worker;
}

void set_maintenance(CoordinatorTurn& turn, const WorkerId& worker, bool wanted) {
    turn.draft.workers.update(worker, [&](WorkerRow& row) { row.maintenance = wanted; });
    turn.touched.insert(worker);
}

// Why this worker may not be taken for maintenance; nothing: it may be asked.
std::optional<Error> busy_with(const CoordinatorDraft& draft, const WorkerRow& worker) {
    const auto* presence = draft.presence.find(worker.id);
    auto busy = what_occupies(draft, worker);
    if (!busy && (!presence || !presence->online)) busy = "is offline, so its state is unknown";
    if (!busy) return std::nullopt;
    return Error{ErrorCode::conflict, "worker '" + worker.name + "' " + *busy};
}

void grant_maintenance(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& reported) {
    if (reported.activity != Activity::maintenance || reported.applied < worker.generation) return;
    std::vector<Ask> granted;
    turn.draft.asks.each([&](const Ask& ask) {
        // After its deadline it is not granted any more: who asked has been told, or will be.
        if (ask.maintenance && ask.worker == worker.id && turn.now <= ask.deadline) granted.push_back(ask);
    });
    for (const auto& ask : granted) finish(turn, ask, AnswerBody{*turn.draft.workers.find(worker.id)});
}

void publish_ping(CoordinatorTurn& turn, const Ask& ask) {
    turn.effects.push_back(PublishPing{ask.worker, ask.id, turn.cluster_now() + (ask.deadline - turn.now)});
}

// A command that was under way when the worker lost its connection is gone; sent twice, its id keeps it to one effect.
void command_again(CoordinatorTurn& turn, const WorkerId& worker) {
    turn.draft.asks.each([&](const Ask& ask) {
        if (ask.worker != worker || ask.maintenance) return;
        if (!ask.order)
            publish_ping(turn, ask);
        else if (!ask.order->obeyed)
            publish_order(turn, ask);
    });
}

void note_presence(CoordinatorTurn& turn, const WorkerRow& worker, bool online) {
    turn.note(online ? "worker.online" : "worker.offline", worker.id.value, "'" + worker.name + "'");
}

// A worker that has applied more than we know of was told so by what a restored backup has forgotten. It takes only
// what is newer. True: it is so, and what it reports is about something that we never wanted.
bool catch_up(CoordinatorTurn& turn, const WorkerRow& worker, Generation applied) {
    if (applied <= worker.generation || applied.value - worker.generation.value > believable_lead) return false;
    ++turn.draft.counters.ahead;
    turn.note("worker.ahead", worker.id.value,
              "'" + worker.name + "' has applied generation " + std::to_string(applied.value) + ", we know only of " +
                  std::to_string(worker.generation.value));
    turn.draft.workers.update(worker.id, [&](WorkerRow& row) { row.generation = applied; });
    turn.touched.insert(worker.id);
    return true;
}

// A deliberate bug.
void revive(CoordinatorTurn& turn, const ReportedDocument& reported) {
    for (const auto& report : reported.sessions) {
        const auto* session = turn.draft.sessions.find(report.id);
        if (session && session->phase == SessionPhase::stopped && report.state == SessionState::playing)
            turn.draft.sessions.update(report.id, [](SessionRow& row) { row.phase = SessionPhase::playing; });
    }
}

void hear_report(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& reported) {
    const auto* known = turn.draft.presence.find(worker.id);
    const bool old = known && !mutated(Mutant::old_report) &&
                     (reported.boot < known->reported.boot ||
                      (reported.boot == known->reported.boot && reported.sequence <= known->reported.sequence));
    if (old) {
        if (reported.sequence < known->reported.sequence) ++turn.draft.counters.old_reports;
        return;
    }
    // A newer report than one we know is a sign of life, whatever a late last will says; the first may be a retained
    // one.
    const bool first = !known || known->reported.boot.value == 0;
    const bool was_online = known && known->online;
    const bool comes_back = !first && !was_online;
    auto told = known ? known->told : turn.now - tell_again_after;
    const bool behind = reported.applied < worker.generation || reported.epoch < turn.draft.cluster.epoch;
    if (behind && turn.now - told >= tell_again_after) {
        turn.behind.insert(worker.id);
        told = turn.now;
    }
    Presence presence = known ? *known : Presence{worker.id};
    presence.online = was_online || comes_back;
    note_devices(turn, worker, presence.reported, reported);
    presence.reported = reported;
    presence.heard = turn.now;
    presence.told = told;
    turn.draft.presence.put(worker.id, std::move(presence));
    if (comes_back) {
        note_presence(turn, worker, true);
        command_again(turn, worker.id);
    }
    if (catch_up(turn, worker, reported.applied)) return;
    if (mutated(Mutant::late_copy_revives)) revive(turn, reported);
    hear_tracks(turn, worker.id, reported);
    step_sessions(turn, &worker.id);
    grant_maintenance(turn, worker, reported);
    grant_pairings(turn, worker.id, reported);
    release_devices(turn, *turn.draft.workers.find(worker.id), reported);
}

// The network may bring greetings and goodbyes in any order, and a broker of somebody else says those again that
// anybody has kept.
bool is_old(const Presence& known, const Alive& alive) {
    if (!alive.connection || mutated(Mutant::old_goodbye)) return false;
    return *alive.connection < known.connection || (*alive.connection == known.connection && known.connection_over);
}

void hear_alive(CoordinatorTurn& turn, const WorkerRow& worker, const Alive& alive) {
    const auto* known = turn.draft.presence.find(worker.id);
    if (known && is_old(*known, alive)) {
        ++turn.draft.counters.old_greetings;
        return;
    }
    if (alive.alive) command_again(turn, worker.id);
    Presence presence = known ? *known : Presence{worker.id};
    if (alive.connection) {
        presence.connection = *alive.connection;
        presence.connection_over = !alive.alive;
    }
    const bool changed = !known || known->online != alive.alive;
    presence.online = alive.alive;
    if (changed) presence.heard = turn.now;
    turn.draft.presence.put(worker.id, std::move(presence));
    if (!changed) return;
    note_presence(turn, worker, alive.alive);
    step_sessions(turn, &worker.id);
}

void hear_pong(CoordinatorTurn& turn, const WorkerRow& worker, const Pong& pong) {
    const auto* ask = turn.draft.asks.find(pong.command);
    if (!ask || ask->order || ask->worker != worker.id || turn.now > ask->deadline) {
        ++turn.draft.counters.late_replies;
        return;
    }
    finish(turn, Ask(*ask), AnswerBody{pong});
}

// Why an ask came to its deadline.
Error too_late(const CoordinatorDraft& draft, const Ask& ask) {
    const auto* worker = draft.workers.find(ask.worker);
    const auto* presence = draft.presence.find(ask.worker);
    const auto name = "worker '" + (worker ? worker->name : ask.worker.value) + "' ";
    if (ask.order && draft.cluster.superseded_by)
        return {ErrorCode::unavailable, "another coordinator leads this cluster; ask that one"};
    if (ask.order && ask.order->obeyed)
        return {ErrorCode::unavailable,
                "the device is paired, but " + name + "has not said yet that it is there as " + ask.order->output};
    const bool pairs = ask.order && ask.order->order.verb == BluetoothVerb::pair;
    const auto limit = std::to_string((pairs ? pair_limit : ask_limit) / std::chrono::seconds(1)) + " s";
    const bool online = presence && presence->online;
    return {ErrorCode::unavailable,
            name + (online ? "did not answer within " : "is offline and did not come back within ") + limit};
}

}  // namespace

void finish(CoordinatorTurn& turn, const Ask& ask, Result<AnswerBody> answer) {
    turn.effects.push_back(Answer{ask.request, std::move(answer)});
    turn.draft.asks.erase(MessageId(ask.id));
}

Result<const WorkerRow*> require_askable(const CoordinatorTurn& turn, const std::string& name) {
    const auto waiting = count_of(turn.draft.asks);
    if (waiting >= turn.draft.base->limits.asks && !mutated(Mutant::unbounded_queue))
        return Error{ErrorCode::exhausted,
                     std::to_string(waiting) + " requests wait for workers, the bound; try again"};
    return require_worker(turn.draft, name);
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const InviteRequest& invite) {
    InvitationRow row{invite.digest, turn.cluster_now() + invitation_life, std::nullopt, std::nullopt};
    if (mutated(Mutant::wall_clock_deadline)) row.expires.ns = (request.wall + invitation_life).ns;
    if (invite.replaces) {
        const auto worker = require_worker(turn.draft, *invite.replaces);
        if (!worker) return worker.error();
        row.replaces = (*worker)->id;
    }
    std::vector<std::string> forgotten;
    std::size_t kept = 0;
    turn.draft.invitations.each([&](const InvitationRow& old) {
        const bool past = old.expires.incarnation != row.expires.incarnation ||
                          turn.now.ns - old.expires.ns > invitation_memory.count();
        past ? forgotten.push_back(old.digest) : void(++kept);
    });
    for (const auto& digest : forgotten) turn.draft.invitations.erase(digest);
    if (kept >= invitations_max)
        return Error{ErrorCode::exhausted, "there are " + std::to_string(kept) + " invitations of the last hour; wait"};
    turn.draft.invitations.put(row.digest, row);
    turn.announce("invitation.made", row.replaces ? row.replaces->value : "", "good for 10 minutes, once");
    return AnswerBody{row};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const JoinRequest& join) {
    const auto invitation = require_invitation(turn, request.wall, join);
    if (!invitation) return invitation.error();
    if (const auto* same = joined_before(turn.draft, **invitation, join)) return admit(turn, *same, join);
    if (join.v != protocol_version)
        return Error{ErrorCode::invalid, "protocol version " + std::to_string(join.v) +
                                             " is not spoken here; this is " + std::to_string(protocol_version)};
    const auto name = parse_name(join.name);
    if (!name) return name.error();
    const auto* old = (*invitation)->replaces ? turn.draft.workers.find(*(*invitation)->replaces) : nullptr;
    if ((*invitation)->replaces && !old)
        return Error{ErrorCode::conflict,
                     "the worker that this invitation replaces is gone; make a new one with: antiphon invite"};
    if (old)
        if (auto removable = require_removable(turn.draft, *old); !removable) return removable.error();
    const auto* namesake = worker_named(turn.draft, *name);
    if (namesake && namesake != old)
        return Error{ErrorCode::conflict, "there is a worker '" + *name + "' already; choose another name with --name"};
    if (count_of(turn.draft.workers) >= workers_max)
        return Error{ErrorCode::exhausted, "the cluster has " + std::to_string(workers_max) + " workers, its bound"};
    WorkerRow worker;
    worker.id = {turn.new_id('w')};
    worker.name = *name;
    worker.public_key = join.public_key;
    worker.joined = request.wall;
    turn.draft.invitations.update(join.invitation_digest, [&](InvitationRow& row) { row.used_by = worker.id; });
    turn.touched.insert(worker.id);
    if (old) {
        turn.announce("worker.replaced", worker.id.value,
                      "'" + worker.name + "' takes the place of '" + old->name + "'");
        remove_worker(turn, *old, &worker.id);
    }
    return admit(turn, std::move(worker), join);
}

void start_ask(CoordinatorTurn& turn, const UserRequest& request, const PingRequest& ping) {
    const auto worker = require_askable(turn, ping.worker);
    if (!worker) {
        turn.effects.push_back(Answer{request.id, worker.error()});
        return;
    }
    Ask ask{turn.new_message_id(), request.id, (*worker)->id, false, turn.now + ask_limit};
    turn.draft.asks.put(ask.id, ask);
    publish_ping(turn, ask);
}

void start_ask(CoordinatorTurn& turn, const UserRequest& request, const MaintenanceRequest& maintenance) {
    const auto worker = require_askable(turn, maintenance.worker);
    const auto answer = [&](Result<AnswerBody> body) { turn.effects.push_back(Answer{request.id, std::move(body)}); };
    if (!worker) return answer(worker.error());
    const WorkerId id = (*worker)->id;
    if (!maintenance.wanted) {
        set_maintenance(turn, id, false);
        turn.announce("worker.released", id.value, "'" + (*worker)->name + "'");
        return answer(AnswerBody{*turn.draft.workers.find(id)});
    }
    if (auto busy = busy_with(turn.draft, **worker)) return answer(*busy);
    // Desired state is the lock: while it says maintenance, no session or recording may be planned on this worker; and
    // the worker gives itself up only when it does neither.
    const bool asked_before = (*worker)->maintenance;
    if (!asked_before) {
        set_maintenance(turn, id, true);
        turn.announce("worker.maintenance", id.value, "'" + (*worker)->name + "' is asked to give itself up");
    }
    Ask ask{turn.new_message_id(), request.id, id, true, turn.now + ask_limit, !asked_before};
    turn.draft.asks.put(ask.id, ask);
    if (mutated(Mutant::busy_maintenance)) return finish(turn, ask, AnswerBody{*turn.draft.workers.find(id)});
    if (asked_before) grant_maintenance(turn, *turn.draft.workers.find(id), turn.draft.presence.find(id)->reported);
}

void hear(CoordinatorTurn& turn, const WorkerMessage& message) {
    const auto* worker = turn.draft.workers.find(message.worker);
    if (!worker) {
        const bool removed = turn.draft.tombstones.find("worker/" + message.worker.value) != nullptr;
        ++(removed ? turn.draft.counters.removed_workers : turn.draft.counters.unknown_workers);
        return;
    }
    const WorkerRow row = *worker;
    turn.ground = "worker '" + row.name + "' said so";
    std::visit(Overloaded{[&](const Reported& reported) { hear_report(turn, row, reported.document); },
                          [&](const Alive& alive) { hear_alive(turn, row, alive); },
                          [&](const Pong& pong) { hear_pong(turn, row, pong); },
                          [&](const Outcome& outcome) { hear_outcome(turn, row, outcome); },
                          [&](const auto&) { ++turn.draft.counters.misdirected; }},
               message.message.body);
}

void expire_asks(CoordinatorTurn& turn) {
    std::vector<Ask> late;
    turn.draft.asks.each([&](const Ask& ask) {
        // Nobody who leads no more is obeyed.
        const bool in_vain = ask.order && turn.draft.cluster.superseded_by.has_value();
        if ((turn.now > ask.deadline || in_vain) && !ask.expired && !mutated(Mutant::lost_answer)) late.push_back(ask);
    });
    for (const auto& ask : late) {
        finish(turn, ask, too_late(turn.draft, ask));
        if (!ask.withdraw) continue;
        Ask expired = ask;
        expired.expired = true;
        turn.draft.asks.put(expired.id, expired);
    }
}

void withdraw_expired(CoordinatorTurn& turn) {
    std::vector<Ask> expired;
    turn.draft.asks.each([&](const Ask& ask) {
        if (ask.expired) expired.push_back(ask);
    });
    for (const auto& ask : expired) {
        if (turn.draft.workers.find(ask.worker)) set_maintenance(turn, ask.worker, false);
        turn.draft.asks.erase(MessageId(ask.id));
    }
}

void miss_the_silent(CoordinatorTurn& turn) {
    std::vector<Presence> silent;
    turn.draft.presence.each([&](const Presence& presence) {
        if (presence.online && turn.now - presence.heard > silent_after) silent.push_back(presence);
    });
    for (auto& presence : silent) {
        presence.online = false;
        if (const auto* worker = turn.draft.workers.find(presence.id)) note_presence(turn, *worker, false);
        turn.draft.presence.put(presence.id, presence);
    }
}

}  // namespace antiphon::core
