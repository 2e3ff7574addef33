// Boards that are renamed, go for good, or take another's place.
#include <algorithm>

#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

bool is_online(const CoordinatorDraft& draft, const WorkerId& worker) {
    const auto* presence = draft.presence.find(worker);
    return presence && presence->online;
}

void move_zones(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor) {
    std::vector<ZoneRow> changed;
    turn.draft.zones.each([&](ZoneRow zone) {
        if (!move_endpoints(zone.outputs, old, successor)) return;
        ++zone.version;
        changed.push_back(std::move(zone));
    });
    for (auto& zone : changed) turn.draft.zones.put(zone.id, std::move(zone));
}

void fail(SessionRow& session, const char* reason) {
    session.phase = SessionPhase::failed;
    session.reason = reason;
    session.start.reset();
    session.prepared_by.reset();
}

void move_sessions(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor) {
    std::vector<SessionRow> changed;
    turn.draft.sessions.each([&](SessionRow session) {
        if (!session.active()) return;
        const bool played = move_endpoints(session.outputs, old, successor);
        const bool sent = session.uplink && session.uplink->input.worker == old;
        if (sent && successor) session.uplink->input.worker = *successor;
        if (sent && !successor)
            fail(session, "the board of its input was removed from the cluster");
        else if (session.outputs.empty())
            fail(session, "its only board was removed from the cluster");
        if (played || sent) changed.push_back(std::move(session));
    });
    for (auto& session : changed) {
        if (!session.active()) turn.announce("session.failed", session.id.value, session.reason);
        turn.touch(session.endpoints());
        turn.draft.sessions.put(session.id, std::move(session));
    }
}

// Sound that was recorded stays with the board that recorded it.
void end_tracks(CoordinatorTurn& turn, const WorkerRow& worker) {
    std::vector<RecordingRow> changed;
    turn.draft.recordings.each([&](RecordingRow recording) {
        bool any = false;
        for (auto& track : recording.tracks) {
            if (track.input.worker != worker.id || track.over()) continue;
            track.state = TrackState::failed;
            track.reason = "worker '" + worker.name + "' was removed or replaced before it handed this in";
            any = true;
        }
        if (any) changed.push_back(std::move(recording));
    });
    for (auto& recording : changed) put_recording(turn, std::move(recording));
}

void move_levels(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor) {
    std::vector<OutputRow> rows;
    turn.draft.outputs.each([&](const OutputRow& row) {
        if (row.output.worker == old) rows.push_back(row);
    });
    for (auto& row : rows) {
        turn.draft.outputs.erase(EndpointId(row.output));
        if (!successor) continue;
        row.output.worker = *successor;
        turn.draft.outputs.put(row.output, row);
    }
}

void drop_holds(CoordinatorTurn& turn, const WorkerId& old) {
    std::vector<std::string> devices;
    turn.draft.holds.each([&](const HoldRow& hold) {
        if (hold.holder.worker == old) devices.push_back(hold.device);
    });
    for (const auto& device : devices) turn.draft.holds.erase(device);
}

// Nobody is left who could answer.
void end_asks(CoordinatorTurn& turn, const WorkerRow& worker) {
    std::vector<Ask> open;
    turn.draft.asks.each([&](const Ask& ask) {
        if (ask.worker == worker.id) open.push_back(ask);
    });
    for (const auto& ask : open) {
        turn.draft.asks.erase(MessageId(ask.id));
        if (ask.expired) continue;  // it had its end
        turn.effects.push_back(
            Answer{ask.request, Error{ErrorCode::not_found, "worker '" + worker.name + "' was removed meanwhile"}});
    }
}

}  // namespace

bool move_endpoints(std::vector<EndpointId>& endpoints, const WorkerId& old, const WorkerId* successor) {
    const auto ours = [&](const EndpointId& endpoint) { return endpoint.worker == old; };
    if (std::none_of(endpoints.begin(), endpoints.end(), ours)) return false;
    if (!successor) {
        std::erase_if(endpoints, ours);
        return true;
    }
    for (auto& endpoint : endpoints)
        if (ours(endpoint)) endpoint.worker = *successor;
    return true;
}

void bury(CoordinatorTurn& turn, const std::string& key, const std::string& name, std::uint64_t version) {
    auto& tombstones = turn.draft.tombstones;
    const TombstoneRow* oldest = nullptr;
    std::size_t count = 0;
    tombstones.each([&](const TombstoneRow& row) {
        ++count;
        if (!oldest || row.order < oldest->order) oldest = &row;
    });
    if (count >= turn.draft.base->limits.tombstones && !tombstones.find(key))
        tombstones.erase(std::string(oldest->key));
    turn.draft.cluster_changed = true;
    tombstones.put(key, {key, name, version, ++turn.draft.cluster.gone});
}

std::optional<std::string> what_occupies(const CoordinatorDraft& draft, const WorkerRow& worker) {
    std::optional<std::string> found;
    draft.sessions.each([&](const SessionRow& session) {
        if (!session.active()) return;
        if (session.uplink && session.uplink->input.worker == worker.id)
            found = "sends " + session.uplink->input.name + " to session " + session.id.value;
        for (const auto& output : session.outputs)
            if (output.worker == worker.id) found = "plays session " + session.id.value;
    });
    draft.listens.each([&](const ListenRow& listen) {
        if (listen.input.worker == worker.id) found = "sends " + listen.input.name + " to somebody who listens to it";
    });
    draft.recordings.each([&](const RecordingRow& recording) {
        for (const auto& track : recording.tracks)
            if (recording.active() && !track.over() && track.input.worker == worker.id)
                found = "records for " + recording.id.value;
    });
    return found;
}

Result<void> require_removable(const CoordinatorDraft& draft, const WorkerRow& worker) {
    if (!is_online(draft, worker.id)) return {};  // a board that is dead holds nothing up
    auto busy = what_occupies(draft, worker);
    draft.holds.each([&](const HoldRow& hold) {
        if (hold.holder.worker != worker.id || busy) return;
        busy = draft.pairings.find(hold.device) ? "is paired with " + hold.device
                                                : "has not let go of " + hold.device + " yet";
    });
    if (busy)
        return Error{ErrorCode::conflict,
                     "worker '" + worker.name + "' " + *busy + "; stop that first, or switch it off"};
    return {};
}

void remove_worker(CoordinatorTurn& turn, const WorkerRow& worker, const WorkerId* successor) {
    const WorkerRow gone = worker;  // NOLINT(performance-unnecessary-copy-initialization): its row is erased below
    move_zones(turn, gone.id, successor);
    move_sessions(turn, gone.id, successor);
    end_listens_of(turn, gone.id);
    move_schedules(turn, gone.id, successor);
    end_tracks(turn, gone);
    move_levels(turn, gone.id, successor);
    drop_holds(turn, gone.id);
    move_pairings(turn, gone.id, successor);
    end_asks(turn, gone);
    bury(turn, "worker/" + gone.id.value, gone.name, 0);
    turn.draft.presence.erase(gone.id);
    turn.draft.workers.erase(gone.id);
    turn.effects.push_back(DismissWorker{gone.id});
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const WorkerRenameRequest& rename) {
    const auto worker = require_worker(turn.draft, rename.worker);
    if (!worker) return worker.error();
    const auto name = parse_name(rename.new_name);
    if (!name) return name.error();
    const auto* other = worker_named(turn.draft, *name);
    if (other && other->id != (*worker)->id)
        return Error{ErrorCode::conflict, "there is a worker '" + *name + "' already; choose another name"};
    WorkerRow renamed = **worker;
    if (renamed.name == *name) return AnswerBody{renamed};
    turn.announce("worker.renamed", renamed.id.value, "'" + renamed.name + "' is now '" + *name + "'");
    renamed.name = *name;
    turn.draft.workers.put(renamed.id, renamed);
    turn.touched.insert(renamed.id);
    return AnswerBody{renamed};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const WorkerRemoveRequest& remove) {
    const auto worker = require_worker(turn.draft, remove.worker);
    if (!worker) return worker.error();
    if (auto removable = require_removable(turn.draft, **worker); !removable) return removable.error();
    turn.announce("worker.removed", (*worker)->id.value, "'" + (*worker)->name + "' belongs to the cluster no more");
    remove_worker(turn, **worker, nullptr);
    return AnswerBody{Done{}};
}

}  // namespace antiphon::core
