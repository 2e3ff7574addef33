// Ids become names here, and nothing secret comes through.
#include "apps/coordinator/views.hpp"

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <tuple>

#include "adapters/calendar/calendar.hpp"
#include "apps/coordinator/segment_catalogue.hpp"
#include "core/session.hpp"

namespace antiphon::coordinator {
namespace {

template <class Enum>
std::string text_of(Enum value) {
    return boost::describe::enum_to_string(value, "unknown");
}

std::string worker_name(const core::CoordinatorState& state, const core::WorkerId& id) {
    const auto* row = state.workers.find(id);
    return row ? row->name : id.value;
}

std::vector<std::string> endpoint_names(const core::CoordinatorState& state, const std::vector<core::EndpointId>& ids) {
    std::vector<std::string> names;
    for (const auto& id : ids) names.push_back(endpoint_name(state, id));
    return names;
}

// What this worker says of the session, or said last.
const core::SessionReport* word_on(const core::CoordinatorState& state, const core::SessionRow& session,
                                   const core::WorkerId& worker) {
    for (const auto& word : session.last_words)
        if (word.worker == worker) return &word.report;
    const auto* presence = state.presence.find(worker);
    if (!presence) return nullptr;
    for (const auto& report : presence->reported.sessions)
        if (report.id == session.id) return &report;
    return nullptr;
}

api::MemberView member_view(const core::CoordinatorState& state, const core::WorkerId& worker,
                            const core::SessionRow& session) {
    const auto* report = word_on(state, session, worker);
    if (!report) return {worker_name(state, worker), "unheard", "", 0, 0};
    api::MemberView view{worker_name(state, worker), text_of(report->state), report->reason, report->position_frames,
                         report->lost_frames};
    if (report->outputs) view.outputs.emplace();
    for (const auto& output : report->outputs.value_or(std::vector<core::OutputReport>()))
        view.outputs->push_back({view.worker + "/" + output.name, output.error_ns, output.bound_ns,
                                 output.correction_ppm, output.device_ppm, output.ahead_ns, output.late_frames,
                                 output.device_lost_frames, output.jumps});
    view.stream = report->stream;
    return view;
}

std::vector<core::WorkerId> members_of(const core::SessionRow& row) {
    std::vector<core::WorkerId> members;
    for (const auto& output : row.outputs)
        if (std::find(members.begin(), members.end(), output.worker) == members.end()) members.push_back(output.worker);
    return members;
}

std::vector<api::SessionView> session_views(const core::CoordinatorState& state, core::LocalTime now) {
    std::vector<const core::SessionRow*> active;
    std::vector<const core::SessionRow*> ended;
    for (const auto& [id, row] : state.sessions.rows()) (row->active() ? active : ended).push_back(row.get());
    const auto newest_first = [](const auto* a, const auto* b) { return a->created > b->created; };
    std::sort(active.begin(), active.end(), newest_first);
    std::sort(ended.begin(), ended.end(), newest_first);
    ended.resize(std::min(ended.size(), ended_sessions_shown));
    active.insert(active.end(), ended.begin(), ended.end());
    std::vector<api::SessionView> views;
    for (const auto* row : active) views.push_back(session_view(state, *row, now));
    return views;
}

// While a track grows its row stands still; the worker's last word on it tells how far it is.
const core::TrackReport* progress_of(const core::CoordinatorState& state, const core::RecordingRow& row,
                                     const core::TrackRow& track) {
    const auto* presence = state.presence.find(track.input.worker);
    if (track.state != core::TrackState::recording || !presence) return nullptr;
    for (const auto& report : presence->reported.tracks)
        if (report.id == row.id && report.input == track.input.name) return &report;
    return nullptr;
}

api::TrackView track_view(const core::CoordinatorState& state, const core::RecordingRow& row,
                          const core::TrackRow& track) {
    api::TrackView view{endpoint_name(state, track.input),
                        text_of(track.state),
                        track.reason,
                        track.frames,
                        track.gap_frames,
                        track.sha256,
                        track_name(track.input)};
    if (const auto* progress = progress_of(state, row, track)) {
        view.frames = progress->frames;
        view.gap_frames = progress->gap_frames;
        view.level = progress->level;
    }
    return view;
}

}  // namespace

std::string endpoint_name(const core::CoordinatorState& state, const core::EndpointId& id) {
    return worker_name(state, id.worker) + "/" + id.name;
}

api::LevelsView levels_view(const core::CoordinatorState& state) {
    api::LevelsView view;
    for (const auto& [id, row] : state.recordings.rows()) {
        if (!row->active()) continue;
        for (const auto& track : row->tracks)
            if (const auto* progress = progress_of(state, *row, track); progress && progress->level)
                view.levels.push_back({endpoint_name(state, track.input), *progress->level});
    }
    return view;
}

api::EventView event_view(const core::JournalRow& entry) {
    return {entry.number, entry.at, entry.topic, entry.object, entry.text, entry.asked_by, entry.ground};
}

api::WhyView why_view(const core::Explanation& explanation) {
    api::WhyView view{explanation.kind,    explanation.object,  explanation.name,
                      explanation.verdict, explanation.grounds, {}};
    for (const auto& entry : explanation.history) view.history.push_back(event_view(entry));
    return view;
}

api::WorkerDocumentsView documents_view(const core::CoordinatorState& state, const core::WorkerRow& row) {
    api::WorkerDocumentsView view{worker_view(state, row), core::desired_document(state, row.id), std::nullopt};
    for (auto& session : view.desired.sessions)
        if (session.programme.live && session.programme.live->door) session.programme.live->door->key.clear();
    if (const auto* presence = state.presence.find(row.id)) view.reported = presence->reported;
    return view;
}

std::string name_of(core::Activity value) { return text_of(value); }

api::WorkerView worker_view(const core::CoordinatorState& state, const core::WorkerRow& row) {
    api::WorkerView view;
    view.id = row.id.value;
    view.name = row.name;
    view.maintenance = row.maintenance;
    view.generation = row.generation.value;
    view.activity = "unknown";
    const auto* presence = state.presence.find(row.id);
    if (!presence) return view;
    const auto& reported = presence->reported;
    view.online = presence->online;
    view.activity = text_of(reported.activity);
    view.applied = reported.applied.value;
    view.boot = reported.boot.value;
    view.clock_synchronised = reported.clock.synchronised;
    view.clock_error_ns = reported.clock.error_bound_ns;
    view.clock_rate_ppm = reported.clock.rate_ppm;
    view.wakeups_per_s = reported.wakeups_per_s;
    for (const auto& output : reported.outputs) view.outputs.push_back(output.name);
    for (const auto& input : reported.inputs) view.inputs.push_back(input.name);
    return view;
}

api::DoorView door_view(const core::OpenDoor& door) {
    const bool v6 = door.address.find(':') != std::string::npos;
    return {(v6 ? "[" + door.address + "]" : door.address) + ":" + std::to_string(door.port), text_of(door.codec)};
}

std::optional<api::LiveView> live_view(const core::CoordinatorState& state, const core::SessionRow& row) {
    if (!row.programme.live) return std::nullopt;
    const auto& live = *row.programme.live;
    api::LiveView view{live.source, text_of(row.active() ? core::SourceState::opening : core::SourceState::ended), "",
                       live.latency_ns, live.door ? text_of(live.door->codec) : ""};
    if (row.open_door && row.active()) view.open_door = door_view(*row.open_door);
    if (const auto* status = state.sources.find(row.id)) {
        view.state = text_of(status->state);
        view.reason = status->reason;
    }
    return view;
}

api::SessionView session_view(const core::CoordinatorState& state, const core::SessionRow& row, core::LocalTime now) {
    api::SessionView view;
    view.id = row.id.value;
    view.title = row.programme.title;
    view.phase = text_of(row.phase);
    view.reason = row.reason;
    view.blob = row.programme.blob.value;
    view.frames = row.programme.frames;
    view.live = live_view(state, row);
    view.position_frames = row.phase == core::SessionPhase::ended && !view.live
                               ? row.programme.frames
                               : core::position_of(row, core::cluster_time(state.cluster, now));
    view.volume = row.volume;
    view.outputs = endpoint_names(state, row.outputs);
    for (const auto& worker : members_of(row)) view.members.push_back(member_view(state, worker, row));
    if (row.start) view.start_ns = row.start->ns;
    view.from_frame = row.from_frame;
    view.created = row.created;
    return view;
}

api::RecordingView recording_view(const core::CoordinatorState& state, const core::RecordingRow& row) {
    api::RecordingView view;
    view.id = row.id.value;
    view.phase = text_of(row.phase);
    view.created = row.created;
    for (const auto& track : row.tracks) view.tracks.push_back(track_view(state, row, track));
    view.title = row.title;
    if (row.ends) view.ends = row.ends->wall;
    if (row.schedule) view.schedule = row.schedule->value;
    view.on_sound = row.on_sound;
    return view;
}

api::MarkView mark_view(const core::MarkRow& row) {
    return {row.id.value, row.text, row.wall, row.at.incarnation.value, row.at.ns, row.asked_by};
}

api::MarksView marks_view(const core::CoordinatorState& state, const core::RecordingId& recording) {
    api::MarksView view;
    for (const auto& [id, row] : state.marks.rows())
        if (row->recording == recording) view.marks.push_back(mark_view(*row));
    const auto time = [](const api::MarkView& mark) { return std::tuple(mark.incarnation, mark.at_ns, mark.id); };
    std::sort(view.marks.begin(), view.marks.end(), [&](const auto& a, const auto& b) { return time(a) < time(b); });
    return view;
}

api::ScheduleView schedule_view(const core::CoordinatorState& state, const core::ScheduleRow& row) {
    api::ScheduleView view;
    view.id = row.id.value;
    view.title = row.title;
    view.from = endpoint_names(state, row.from);
    view.at = calendar::time_of_day_text(row.rule.second_of_day);
    view.date = row.rule.date;
    view.days = row.rule.days;
    view.zone = row.rule.zone;
    view.for_s = std::chrono::duration_cast<std::chrono::seconds>(core::Duration(row.length_ns)).count();
    view.next = row.next;
    if (row.last) view.last = api::ScheduleRunView{row.last->at, {}, row.last->problem};
    if (row.last && row.last->recording) view.last->recording = row.last->recording->value;
    view.over = row.over;
    view.on_sound = row.on_sound;
    view.created = row.created;
    return view;
}

api::ZoneView zone_view(const core::CoordinatorState& state, const core::ZoneRow& row) {
    return {row.id.value, row.name, row.version, endpoint_names(state, row.outputs)};
}

api::DevicesView devices_view(const core::CoordinatorState& state) {
    api::DevicesView view;
    for (const auto& [id, presence] : state.presence.rows()) {
        for (const auto& output : presence->reported.outputs) {
            const core::EndpointId endpoint{id, output.name};
            const auto* row = state.outputs.find(endpoint);
            view.outputs.push_back({endpoint_name(state, endpoint), output.device, output.failure, presence->online,
                                    row ? row->volume : 1.0, row && row->muted,
                                    row ? row->max_level.value_or(1.0) : 1.0});
        }
        for (const auto& input : presence->reported.inputs) {
            const core::EndpointId endpoint{id, input.name};
            view.inputs.push_back({.name = endpoint_name(state, endpoint),
                                   .device = input.device,
                                   .failure = input.failure,
                                   .online = presence->online,
                                   .uses = core::uses_of(state, endpoint)});
        }
    }
    return view;
}

api::StatusView status_view(const core::CoordinatorState& state, api::ClusterView cluster, core::LocalTime now) {
    api::StatusView view;
    view.cluster = std::move(cluster);
    view.cluster.epoch = state.cluster.epoch.value;
    view.cluster.cluster_ns = now.ns;
    for (const auto& [id, row] : state.workers.rows()) view.workers.push_back(worker_view(state, *row));
    std::sort(view.workers.begin(), view.workers.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    view.sessions = session_views(state, now);
    for (const auto& [id, row] : state.recordings.rows())
        if (row->active()) view.recordings.push_back(recording_view(state, *row));
    for (const auto& [id, row] : state.zones.rows()) view.zones.push_back(zone_view(state, *row));
    return view;
}

ClusterCounts counts_of(const core::CoordinatorState& state) {
    ClusterCounts counts;
    counts.members = state.workers.size();
    for (const auto& [id, presence] : state.presence.rows())
        counts.online += presence->online && state.workers.find(id);
    for (const auto& [id, row] : state.sessions.rows()) counts.playing += row->phase == core::SessionPhase::playing;
    for (const auto& [id, row] : state.recordings.rows()) counts.recording += row->active();
    return counts;
}

}  // namespace antiphon::coordinator
