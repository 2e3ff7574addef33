// Moves the sessions on when their members have said something, or time has passed.
#include <algorithm>

#include "core/coordinator_turn.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

MemberView view_of(const CoordinatorDraft& draft, const SessionRow& session, const WorkerId& worker) {
    MemberView view;
    const auto* row = draft.workers.find(worker);
    const auto* presence = draft.presence.find(worker);
    view.worker = row ? row->name : worker.value;
    view.online = row && presence && presence->online;
    if (!presence) return view;
    // Only what was said about the newest document counts: after a seek or resume, an older report is about the past.
    if (row && presence->reported.applied < row->generation) return view;
    for (const auto& report : presence->reported.sessions)
        if (report.id == session.id) view.report = report;
    return view;
}

std::vector<MemberView> members_of(const CoordinatorDraft& draft, const SessionRow& session) {
    std::vector<MemberView> members;
    const WorkerId* last = nullptr;
    std::set<WorkerId> seen;
    for (const auto& output : session.outputs) {
        last = &output.worker;
        if (seen.insert(*last).second) members.push_back(view_of(draft, session, *last));
    }
    return members;
}

bool concerns(const SessionRow& session, const WorkerId* worker) {
    return !worker || std::any_of(session.outputs.begin(), session.outputs.end(),
                                  [&](const EndpointId& output) { return output.worker == *worker; });
}

// True: some are forgotten.
template <class Row, class Table>
bool prune(Table& table, std::size_t kept) {
    std::vector<const Row*> finished;
    table.each([&](const Row& row) {
        // What ends in this very turn has to be seen to end first, also when it is the oldest of all.
        const auto* before = table.before(row.id);
        if (!row.active() && before && !before->active()) finished.push_back(&row);
    });
    if (finished.size() <= kept) return false;
    // By id, which only grows: `created` is wall time, which may be wrong.
    const auto age = [](const Row* row) { return std::pair(row->id.value.size(), std::string_view(row->id.value)); };
    std::sort(finished.begin(), finished.end(), [&](auto* a, auto* b) { return age(a) < age(b); });
    finished.resize(finished.size() - kept);
    for (const auto* row : finished) table.erase(typename std::remove_cvref_t<decltype(row->id)>(row->id));
    return true;
}

}  // namespace

void announce_phase(CoordinatorTurn& turn, const SessionRow& session) {
    switch (session.phase) {
        case SessionPhase::playing:
            return turn.announce("session.playing", session.id.value, "'" + session.programme.title + "' starts");
        case SessionPhase::ended:
            return turn.announce("session.ended", session.id.value, "'" + session.programme.title + "' is over");
        case SessionPhase::failed:
            return turn.announce("session.failed", session.id.value, session.reason);
        default:
            return;
    }
}

void keep_last_words(const CoordinatorDraft& draft, SessionRow& session) {
    std::set<WorkerId> heard;
    for (const auto& output : session.outputs) {
        const auto* presence = draft.presence.find(output.worker);
        if (!presence || !heard.insert(output.worker).second) continue;
        for (const auto& report : presence->reported.sessions)
            if (report.id == session.id) session.last_words.push_back({output.worker, report});
    }
}

void step_sessions(CoordinatorTurn& turn, const WorkerId* only_of) {
    std::vector<SessionRow> changed;
    turn.draft.sessions.each([&](const SessionRow& session) {
        if (!session.active() || !concerns(session, only_of)) return;
        auto next = step_session(session, turn.cluster_now(), members_of(turn.draft, session));
        if (next.phase != session.phase) changed.push_back(std::move(next));
    });
    for (auto& session : changed) {
        if (!session.active()) keep_last_words(turn.draft, session);
        turn.touch(session.endpoints());
        announce_phase(turn, session);
        turn.draft.sessions.put(session.id, std::move(session));
    }
}

void prune_finished(CoordinatorTurn& turn) {
    const auto& limits = turn.draft.base->limits;
    prune<SessionRow>(turn.draft.sessions, limits.finished_sessions);
    if (prune<RecordingRow>(turn.draft.recordings, limits.finished_recordings)) drop_marks_of_nothing(turn);
}

}  // namespace antiphon::core
