// From the name that was asked for to its verdict.
#include "core/why.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "core/coordinator_turn.hpp"
#include "core/monitor.hpp"
#include "core/why_device.hpp"
#include "core/why_worker.hpp"

namespace antiphon::core {
namespace {

std::vector<JournalRow> history_of(const CoordinatorState& state, const std::set<std::string>& objects) {
    std::vector<JournalRow> history;
    const auto& rows = state.journal.rows();
    for (auto it = rows.rbegin(); it != rows.rend() && history.size() < history_shown; ++it)
        if (objects.contains(it->second->object)) history.push_back(*it->second);
    std::reverse(history.begin(), history.end());
    return history;
}

// The most decisive ground is the verdict.
Explanation concluded(Explanation explanation, const std::string& otherwise) {
    auto& grounds = explanation.grounds;
    explanation.verdict = grounds.empty() ? otherwise : grounds.front();
    if (!grounds.empty()) grounds.erase(grounds.begin());
    return explanation;
}

Explanation about_worker(const CoordinatorState& state, const WorkerRow& worker, LocalTime now) {
    Explanation explanation{"worker", worker.id.value, worker.name, "", why_not_playing(state, worker, now), {}};
    std::set<std::string> objects{worker.id.value};
    for (const auto& [id, session] : state.sessions.rows())
        for (const auto& output : session->outputs)
            if (output.worker == worker.id) objects.insert(id.value);
    explanation.history = history_of(state, objects);
    return concluded(std::move(explanation), what_it_plays(state, worker, now));
}

Explanation about_gone(const CoordinatorState& state, const TombstoneRow& gone) {
    const auto id = gone.key.substr(gone.key.find('/') + 1);
    return {"worker", id, gone.name, "it was removed from the cluster, or replaced", {}, history_of(state, {id})};
}

Explanation about_session(const CoordinatorState& state, const SessionRow& session, LocalTime now) {
    Explanation explanation{
        "session", session.id.value, session.programme.title, "", {}, history_of(state, {session.id.value})};
    std::set<WorkerId> seen;
    for (const auto& output : session.outputs) {
        const auto* worker = state.workers.find(output.worker);
        if (!worker || !seen.insert(output.worker).second) continue;
        for (const auto& line : why_not_in_session(state, *worker, session, now))
            explanation.grounds.push_back("worker '" + worker->name + "': " + line);
    }
    explanation.verdict = phase_words(state, session, now);
    return explanation;
}

Explanation about_recording(const CoordinatorState& state, const RecordingRow& recording) {
    static constexpr const char* words[] = {"it records", "it was stopped and waits for its files", "it is complete",
                                            "it failed: none of its files came"};
    Explanation explanation{"recording",
                            recording.id.value,
                            recording.id.value,
                            words[static_cast<int>(recording.phase)],
                            {},
                            history_of(state, {recording.id.value})};
    static constexpr const char* track_words[] = {"records", "is stored on its board and not handed in yet", "is here",
                                                  "failed"};
    const CoordinatorDraft draft(state);
    for (const auto& track : recording.tracks)
        explanation.grounds.push_back(display_name(draft, track.input) + " " +
                                      track_words[static_cast<int>(track.state)] +
                                      (track.reason.empty() ? "" : ": " + track.reason));
    return explanation;
}

Explanation about_schedule(const CoordinatorState& state, const ScheduleRow& schedule) {
    const auto& last = schedule.last;
    const bool waits = schedule.next && last && last->at == *schedule.next;
    Explanation explanation{"schedule",
                            schedule.id.value,
                            schedule.title.empty() ? schedule.id.value : schedule.title,
                            waits           ? "its time has come, and it waits: " + last->problem
                            : schedule.over ? "it is over: its rule tells no more times"
                                            : "it waits for its time",
                            {},
                            history_of(state, {schedule.id.value})};
    if (!waits && last && last->recording)
        explanation.grounds.push_back("the last time it began " + last->recording->value);
    if (!waits && last && !last->problem.empty()) explanation.grounds.push_back("the last time: " + last->problem);
    return explanation;
}

Explanation about_zone(const CoordinatorState& state, const ZoneRow& zone, LocalTime now) {
    Explanation explanation{"zone",    zone.id.value,
                            zone.name, "it has " + counted(zone.outputs.size(), "output"),
                            {},        history_of(state, {zone.id.value})};
    for (const auto& output : zone.outputs)
        if (const auto* worker = state.workers.find(output.worker))
            for (const auto& line : why_output_silent(state, *worker, output.name, now))
                explanation.grounds.push_back(worker->name + "/" + output.name + ": " + line);
    return explanation;
}

Explanation about_output(const CoordinatorState& state, const WorkerRow& worker, const std::string& name,
                         LocalTime now) {
    Explanation explanation{"output",
                            worker.id.value + "/" + name,
                            worker.name + "/" + name,
                            "",
                            why_output_silent(state, worker, name, now),
                            history_of(state, {worker.id.value})};
    return concluded(std::move(explanation), what_it_plays(state, worker, now));
}

std::string what_listens(const CoordinatorState& state, const EndpointId& input) {
    std::string words;
    for (const auto& use : uses_of(state, input)) words += (words.empty() ? "it is " : " and ") + use;
    return words;
}

Explanation about_input(const CoordinatorState& state, const WorkerRow& worker, const std::string& name) {
    const EndpointId input{worker.id, name};
    Explanation explanation{"input", worker.id.value + "/" + name,        worker.name + "/" + name, "",
                            {},      history_of(state, {worker.id.value})};
    const auto* presence = state.presence.find(worker.id);
    if (!presence || !presence->online) explanation.grounds.push_back("its worker is offline");
    if (presence)
        for (const auto& endpoint : presence->reported.inputs)
            if (endpoint.name == name && !endpoint.failure.empty()) explanation.grounds.push_back(endpoint.failure);
    const auto listens = what_listens(state, input);
    if (listens.empty())
        explanation.grounds.push_back("no recording is planned for it, no session plays it, and nobody listens to it");
    return concluded(std::move(explanation), listens);
}

Explanation about_device(const CoordinatorState& state, const std::string& device) {
    auto words = why_device(state, device);
    std::set<std::string> objects{device};
    if (const auto* hold = state.holds.find(device)) objects.insert(hold->holder.worker.value);
    return {"device", device, device, std::move(words.verdict), std::move(words.grounds), history_of(state, objects)};
}

std::optional<Explanation> about_endpoint(const CoordinatorState& state, const CoordinatorDraft& draft,
                                          std::string_view text, LocalTime now) {
    const auto parsed = parse_endpoint_name(text);
    if (!parsed) return std::nullopt;
    const auto* worker = find_worker(draft, parsed->worker);
    const auto* presence = worker ? state.presence.find(worker->id) : nullptr;
    if (!presence) return std::nullopt;
    if (has_endpoint(presence->reported.outputs, parsed->endpoint))
        return about_output(state, *worker, parsed->endpoint, now);
    if (can_be_heard(presence->reported, parsed->endpoint)) return about_input(state, *worker, parsed->endpoint);
    return std::nullopt;
}

const TombstoneRow* gone_worker(const CoordinatorState& state, std::string_view name_or_id) {
    const TombstoneRow* found = nullptr;
    for (const auto& [key, row] : state.tombstones.rows())
        if (key == "worker/" + std::string(name_or_id) || (key.starts_with("worker/") && row->name == name_or_id))
            if (!found || row->order > found->order) found = row.get();
    return found;
}

}  // namespace

std::vector<std::string> uses_of(const CoordinatorState& state, const EndpointId& input) {
    std::vector<std::string> uses;
    for (const auto& [id, recording] : state.recordings.rows())
        for (const auto& track : recording->tracks)
            if (recording->active() && track.input == input && !track.over()) uses.push_back("recorded by " + id.value);
    for (const auto& [id, session] : state.sessions.rows())
        if (session->active() && session->uplink && session->uplink->input == input)
            uses.push_back("played by session " + id.value);
    for (const auto& [id, listen] : state.listens.rows())
        if (listen->input == input) uses.emplace_back("listened to");
    return uses;
}

Result<Explanation> explain(const CoordinatorState& state, std::string_view object, LocalTime now) {
    const CoordinatorDraft draft(state);  // nothing is written: it is how names are looked up
    const std::string text(object);
    if (const auto* worker = worker_named(draft, object)) return about_worker(state, *worker, now);
    if (const auto* zone = zone_named(draft, object)) return about_zone(state, *zone, now);
    if (const auto* session = state.sessions.find({text})) return about_session(state, *session, now);
    if (const auto* recording = state.recordings.find({text})) return about_recording(state, *recording);
    if (const auto* schedule = state.schedules.find({text})) return about_schedule(state, *schedule);
    if (const auto* worker = state.workers.find({text})) return about_worker(state, *worker, now);
    if (const auto* zone = state.zones.find({text})) return about_zone(state, *zone, now);
    if (auto endpoint = about_endpoint(state, draft, object, now)) return *endpoint;
    if (is_shared_device(object)) return about_device(state, text);
    if (const auto* gone = gone_worker(state, object)) return about_gone(state, *gone);
    return Error{ErrorCode::not_found, "there is nothing called '" + text.substr(0, 80) +
                                           "'; ask about a worker, a session, a recording, a schedule, a zone, "
                                           "worker/output, "
                                           "worker/input or bluetooth:ADDRESS"};
}

}  // namespace antiphon::core
