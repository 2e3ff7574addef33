// Sentences about a worker: its reach, its clock, its devices, its sessions, its levels.
#include "core/why_worker.hpp"

#include <algorithm>
#include <cstdio>

#include "core/coordinator_turn.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

using Lines = std::vector<std::string>;

std::string seconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(duration.count()) * 1e-9);
    return text;
}

std::string at_frame(FrameCount frame) { return seconds(Duration{frame * 1'000'000'000 / cluster_rate}); }

std::string titled(const SessionRow& session) { return session.id.value + " ('" + session.programme.title + "')"; }

bool is_member(const SessionRow& session, const WorkerId& worker) {
    return std::any_of(session.outputs.begin(), session.outputs.end(),
                       [&](const EndpointId& output) { return output.worker == worker; });
}

const SessionReport* word_on(const CoordinatorState& state, const WorkerId& worker, const SessionId& session) {
    const auto* presence = state.presence.find(worker);
    if (!presence) return nullptr;
    for (const auto& report : presence->reported.sessions)
        if (report.id == session) return &report;
    return nullptr;
}

// The last decision of this kind about an object; "" if it is forgotten.
std::string decided_by(const CoordinatorState& state, const std::string& object, std::string_view topic) {
    const auto& rows = state.journal.rows();
    for (auto it = rows.rbegin(); it != rows.rend(); ++it)
        if (it->second->object == object && it->second->topic == topic && !it->second->asked_by.empty())
            return ", as " + it->second->asked_by + " asked";
    return "";
}

// ---- what keeps the whole board from anything

void add_reach(Lines& lines, const CoordinatorState& state, const WorkerRow& worker, LocalTime now) {
    if (state.cluster.superseded_by)
        lines.push_back("another coordinator, of epoch " + std::to_string(state.cluster.superseded_by->value) +
                        ", leads this cluster; what this one wants is not obeyed");
    const auto* presence = state.presence.find(worker.id);
    if (!presence) {
        lines.push_back("it has not been heard since this coordinator started; is the board on, and in the network?");
        return;
    }
    if (!presence->online)
        lines.push_back("it is offline: its last word came " + seconds(now - presence->heard) + " ago");
    if (presence->reported.epoch > state.cluster.epoch)
        lines.push_back("it has seen epoch " + std::to_string(presence->reported.epoch.value) + ", ours is " +
                        std::to_string(state.cluster.epoch.value) + ": it obeys another coordinator");
    if (presence->reported.applied < worker.generation)
        lines.push_back("it has applied generation " + std::to_string(presence->reported.applied.value) +
                        ", the newest is " + std::to_string(worker.generation.value) +
                        ": what shall be has not reached it yet");
}

void add_means(Lines& lines, const CoordinatorState& state, const WorkerRow& worker) {
    const auto* presence = state.presence.find(worker.id);
    if (!presence) return;
    const auto& reported = presence->reported;
    if (reported.outputs.empty()) lines.push_back("it has no output; start it with --output NAME=DEVICE");
    for (const auto& output : reported.outputs)
        if (!output.failure.empty())
            lines.push_back("output " + worker.name + "/" + output.name + " (" + output.device +
                            ") does not work: " + output.failure);
    if (!reported.clock.synchronised)
        lines.push_back("its clock is not synchronised yet, so it cannot know when to play");
}

// ---- its part in a session

void add_levels(Lines& lines, const CoordinatorState& state, const SessionRow& session, const WorkerId& worker,
                const std::string& only_output) {
    if (session.volume == 0) lines.push_back("the volume of session " + session.id.value + " is 0");
    for (const auto& output : session.outputs) {
        const auto* level = state.outputs.find(output);
        if (output.worker != worker || !level || (!only_output.empty() && output.name != only_output)) continue;
        if (level->muted) lines.push_back("its output " + output.name + " is muted");
        if (level->volume == 0) lines.push_back("the volume of its output " + output.name + " is 0");
    }
}

std::string others_not_ready(const CoordinatorState& state, const SessionRow& session, const WorkerId& worker) {
    std::string names;
    std::set<WorkerId> seen{worker};
    for (const auto& output : session.outputs) {
        if (!seen.insert(output.worker).second) continue;
        const auto* other = state.workers.find(output.worker);
        const auto* word = word_on(state, output.worker, session.id);
        if (word && word->state != SessionState::fetching) continue;
        names += (names.empty() ? "" : ", ") + (other ? other->name : output.worker.value);
    }
    return names;
}

std::string until(const SessionRow& session, ClusterTime now) {
    if (!session.prepared_by) return "";
    return "; who is not ready in " + seconds(Duration{session.prepared_by->ns - now.ns}) + " joins later";
}

void add_preparing(Lines& lines, const CoordinatorState& state, const WorkerRow& worker, const SessionRow& session,
                   LocalTime now) {
    const auto* word = word_on(state, worker.id, session.id);
    const auto here = "session " + titled(session) + " is being prepared: ";
    const auto limit = until(session, cluster_time(state.cluster, now));
    if (!word) {
        lines.push_back(here + "it has not said that it knows of it" + limit);
    } else if (word->state == SessionState::fetching) {
        lines.push_back(here + (session.programme.live ? "it waits for the clock" : "it fetches the programme") +
                        limit);
    } else if (word->state == SessionState::failed) {
        lines.push_back(here + "it failed: " + word->reason);
    } else {
        const auto others = others_not_ready(state, session, worker.id);
        lines.push_back(here + (others.empty() ? "it starts at once" : "it is ready and waits for " + others) + limit);
    }
}

void add_playing(Lines& lines, const CoordinatorState& state, const WorkerRow& worker, const SessionRow& session,
                 LocalTime now) {
    const auto* word = word_on(state, worker.id, session.id);
    const auto cluster_now = cluster_time(state.cluster, now);
    const auto here = "session " + titled(session) + " plays, but ";
    if (session.start && session.start->incarnation == cluster_now.incarnation && session.start->ns > cluster_now.ns)
        lines.push_back("session " + titled(session) + " starts in " +
                        seconds(Duration{session.start->ns - cluster_now.ns}));
    else if (!word)
        lines.push_back(here + "it has not said that it knows of it");
    else if (word->state == SessionState::fetching)
        lines.push_back(here + (session.programme.live ? "it has not found the clock yet, and joins when it has"
                                                       : "it still fetches the programme and joins when it has it"));
    else if (word->state == SessionState::ready)
        lines.push_back(here +
                        "it is only ready: " + (word->reason.empty() ? "its output is not running yet" : word->reason));
    else if (word->state == SessionState::ended)
        lines.push_back(here + "it has come to the programme's end already");
    else if (word->state == SessionState::failed)
        lines.push_back(here + "it failed: " + word->reason);
    else if (!word->reason.empty())
        lines.push_back("it plays session " + titled(session) + ", and reports: " + word->reason);
}

// Why the board of a played input sends nothing, as far as it is known.
std::string of_its_board(const CoordinatorState& state, const SessionRow& session) {
    if (!session.uplink) return "";
    const auto& input = session.uplink->input;
    const auto* worker = state.workers.find(input.worker);
    const auto* presence = state.presence.find(input.worker);
    if (!worker) return "";
    if (!presence || !presence->online) return "; " + worker->name + " is offline";
    const auto& inputs = presence->reported.inputs;
    const auto it =
        std::find_if(inputs.begin(), inputs.end(), [&](const Endpoint& known) { return known.name == input.name; });
    if (it == inputs.end()) return "; " + worker->name + " has no input " + input.name;
    if (!it->failure.empty()) return "; " + worker->name + "/" + input.name + " does not work: " + it->failure;
    return presence->reported.clock.synchronised ? "" : "; the clock of " + worker->name + " is not synchronised yet";
}

// Where a live session's source stands in the way.
void add_source(Lines& lines, const CoordinatorState& state, const SessionRow& session) {
    if (!session.programme.live) return;
    const auto* status = state.sources.find(session.id);
    const auto here = "the source of session " + titled(session) + " ";
    if (!status || status->state == SourceState::opening)
        lines.push_back(here + (session.programme.live->door ? "has given nothing yet" : "is being opened"));
    else if (status->state == SourceState::stalled)
        lines.push_back(here + "gives nothing: " + status->reason + of_its_board(state, session));
}

std::string place_words(const SessionRow& session, FrameCount position) {
    if (session.programme.live) return "live, " + at_frame(position) + " after its start";
    return "at " + at_frame(position) + " of " + at_frame(session.programme.frames);
}

void add_session(Lines& lines, const CoordinatorState& state, const WorkerRow& worker, const SessionRow& session,
                 LocalTime now) {
    add_source(lines, state, session);
    switch (session.phase) {
        case SessionPhase::preparing:
            return add_preparing(lines, state, worker, session, now);
        case SessionPhase::playing:
            return add_playing(lines, state, worker, session, now);
        case SessionPhase::paused:
            lines.push_back("session " + titled(session) + " is paused at " + at_frame(session.from_frame) +
                            decided_by(state, session.id.value, "session.paused"));
            return;
        default:
            return;
    }
}

std::string why_over(const CoordinatorState& state, const SessionRow& session) {
    switch (session.phase) {
        case SessionPhase::stopped:
            return "was stopped" + decided_by(state, session.id.value, "session.stopped");
        case SessionPhase::failed:
            return "failed: " + session.reason;
        default:
            return "came to its end";
    }
}

// Ids only grow, so the newest has the greatest.
const SessionRow* last_over(const CoordinatorState& state, const WorkerId& worker) {
    const SessionRow* last = nullptr;
    const auto age = [](const SessionRow& row) { return std::pair(row.id.value.size(), row.id.value); };
    for (const auto& [id, session] : state.sessions.rows())
        if (!session->active() && is_member(*session, worker) && (!last || age(*last) < age(*session)))
            last = session.get();
    return last;
}

void add_no_session(Lines& lines, const CoordinatorState& state, const WorkerRow& worker) {
    if (worker.maintenance)
        lines.push_back("it is taken for maintenance" + decided_by(state, worker.id.value, "worker.maintenance") +
                        "; give it back with: antiphon workers release " + worker.name);
    const auto* last = last_over(state, worker.id);
    lines.push_back("no session is planned for it" +
                    (last ? "; the last one, " + titled(*last) + ", " + why_over(state, *last) : ""));
}

}  // namespace

std::string phase_words(const CoordinatorState& state, const SessionRow& session, LocalTime now) {
    const auto position = position_of(session, cluster_time(state.cluster, now));
    switch (session.phase) {
        case SessionPhase::preparing:
            return "it is being prepared" + until(session, cluster_time(state.cluster, now));
        case SessionPhase::playing:
            return "it plays, " + place_words(session, position);
        case SessionPhase::paused:
            return "it is paused at " + at_frame(session.from_frame) +
                   decided_by(state, session.id.value, "session.paused");
        default:
            return "it " + why_over(state, session);
    }
}

std::string what_it_plays(const CoordinatorState& state, const WorkerRow& worker, LocalTime now) {
    for (const auto& [id, session] : state.sessions.rows())
        if (session->phase == SessionPhase::playing && is_member(*session, worker.id))
            return "it plays session " + titled(*session) + " " +
                   place_words(*session, position_of(*session, cluster_time(state.cluster, now)));
    return "it waits";
}

std::vector<std::string> why_not_in_session(const CoordinatorState& state, const WorkerRow& worker,
                                            const SessionRow& session, LocalTime now) {
    Lines lines;
    if (!session.active()) return lines;
    add_reach(lines, state, worker, now);
    add_means(lines, state, worker);
    add_session(lines, state, worker, session, now);
    add_levels(lines, state, session, worker.id, "");
    return lines;
}

std::vector<std::string> why_not_playing(const CoordinatorState& state, const WorkerRow& worker, LocalTime now) {
    Lines lines;
    add_reach(lines, state, worker, now);
    add_means(lines, state, worker);
    bool any = false;
    for (const auto& [id, session] : state.sessions.rows()) {
        if (!session->active() || !is_member(*session, worker.id)) continue;
        any = true;
        add_session(lines, state, worker, *session, now);
        add_levels(lines, state, *session, worker.id, "");
    }
    if (!any) add_no_session(lines, state, worker);
    return lines;
}

std::vector<std::string> why_output_silent(const CoordinatorState& state, const WorkerRow& worker,
                                           const std::string& output, LocalTime now) {
    Lines lines;
    add_reach(lines, state, worker, now);
    add_means(lines, state, worker);
    bool any = false;
    for (const auto& [id, session] : state.sessions.rows()) {
        const EndpointId wanted{worker.id, output};
        if (!session->active() ||
            std::find(session->outputs.begin(), session->outputs.end(), wanted) == session->outputs.end())
            continue;
        any = true;
        add_session(lines, state, worker, *session, now);
        add_levels(lines, state, *session, worker.id, output);
    }
    if (any) return lines;
    const auto* presence = state.presence.find(worker.id);
    if (presence)
        for (const auto& endpoint : presence->reported.outputs)
            if (const auto* hold = endpoint.name == output ? state.holds.find(endpoint.device) : nullptr)
                if (hold->holder.worker != worker.id)
                    lines.push_back("its device, " + endpoint.device + ", is held by " +
                                    display_name(CoordinatorDraft(state), hold->holder));
    add_no_session(lines, state, worker);
    return lines;
}

}  // namespace antiphon::core
