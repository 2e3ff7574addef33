// Playing and volume: each request is answered with the row it made or changed.
#include <cmath>

#include "core/coordinator_turn.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

Result<void> require_level(double level, const char* what = "volume") {
    if (std::isfinite(level) && level >= 0 && level <= 1) return {};
    return Error{ErrorCode::invalid, std::string(what) + " " + std::to_string(level) + " is outside 0 to 1"};
}

std::string percent(double level) { return std::to_string(static_cast<int>(std::lround(level * 100))) + " %"; }

std::string level_words(const VolumeRequest& request) {
    std::string words;
    const auto add = [&](const std::string& word) { words += (words.empty() ? "" : ", ") + word; };
    if (request.volume) add("volume " + percent(*request.volume));
    if (request.max_level) add("at most " + percent(*request.max_level));
    if (request.muted) add(*request.muted ? "muted" : "not muted");
    return words;
}

const SessionRow* session_on(const CoordinatorDraft& draft, const EndpointId& output) {
    const SessionRow* found = nullptr;
    draft.sessions.each([&](const SessionRow& session) {
        if (!session.active()) return;
        for (const auto& taken : session.outputs)
            if (taken == output) found = &session;
    });
    return found;
}

Result<void> require_free_outputs(const CoordinatorDraft& draft, const std::vector<EndpointId>& outputs) {
    for (const auto& output : outputs) {
        if (const auto* session = session_on(draft, output))
            return Error{ErrorCode::conflict, display_name(draft, output) + " already plays session " +
                                                  session->id.value + " ('" + session->programme.title +
                                                  "'); stop it first: antiphon stop " + session->id.value};
    }
    if (auto free = require_free_devices(draft, outputs); !free) return free;
    return require_no_maintenance(draft, outputs);
}

Result<void> require_playable(const PlayRequest& play) {
    if (auto level = require_level(play.volume); !level) return level;
    if (play.programme.live) {
        if (play.from_frame == 0) return {};
        return Error{ErrorCode::invalid, "a live source plays from now on; leave the start out"};
    }
    if (play.latency) return Error{ErrorCode::invalid, "only a live source has a latency to choose"};
    if (play.codec) return Error{ErrorCode::invalid, "only a live source has a codec to choose"};
    if (play.programme.frames <= 0)
        return Error{ErrorCode::invalid, "'" + play.programme.title + "' has no audio in it"};
    if (play.from_frame < 0 || play.from_frame >= play.programme.frames)
        return Error{ErrorCode::invalid, "the start is outside '" + play.programme.title + "'"};
    return {};
}

Result<const SessionRow*> require_session(const CoordinatorDraft& draft, const SessionId& id) {
    if (const auto* row = draft.sessions.find(id)) return row;
    return Error{ErrorCode::not_found,
                 "there is no session '" + id.value.substr(0, 80) + "'; antiphon status lists them"};
}

// Puts a changed session, lets its workers know, and answers with it.
Result<AnswerBody> put_session(CoordinatorTurn& turn, Result<SessionRow> changed) {
    if (!changed) return changed.error();
    turn.touch(changed->endpoints());
    turn.draft.sessions.put(changed->id, *changed);
    return AnswerBody{*changed};
}

// The same, and tells of it if anything changed.
Result<AnswerBody> move_session(CoordinatorTurn& turn, const SessionRow& before, Result<SessionRow> changed,
                                const char* topic) {
    if (changed && *changed != before) turn.announce(topic, before.id.value, "'" + before.programme.title + "'");
    return put_session(turn, std::move(changed));
}

// What was asked for, with what follows from the outputs that it is for.
Result<Programme> programme_of(const CoordinatorDraft& draft, const PlayRequest& play,
                               const std::vector<EndpointId>& outputs) {
    auto programme = play.programme;
    if (!programme.live) return programme;
    if (auto room = require_room_for_source(draft); !room) return room.error();
    const auto latency = live_latency(draft, outputs, play.codec.value_or(LiveCodec::flac), play.latency);
    if (!latency) return latency.error();
    programme.live = LiveStream{play.programme.live->source, latency->count(), {}, {}, play.codec};
    return programme;
}

// The input that is played; nothing: it is none that is.
Result<std::optional<Uplink>> uplink_of(const CoordinatorDraft& draft, const PlayRequest& play) {
    if (!play.input) return std::optional<Uplink>();
    auto inputs = resolve_inputs(draft, {*play.input});
    if (!inputs) return inputs.error();
    if (inputs->size() != 1)
        return Error{ErrorCode::invalid, "'" + *play.input + "' is more than one input; name one of them to play it"};
    if (auto free = require_no_maintenance(draft, *inputs); !free) return free.error();
    return std::optional(Uplink{inputs->front()});
}

std::string door_words(const SessionRow& session, const std::optional<OpenDoor>& door) {
    const auto title = "'" + session.programme.title + "'";
    if (!door) return title + " is sent to nobody but the cluster any more";
    return title + " is sent without encryption to " + door->address + " port " + std::to_string(door->port);
}

void set_output_level(CoordinatorTurn& turn, const EndpointId& output, const VolumeRequest& request) {
    const auto* known = turn.draft.outputs.find(output);
    OutputRow row = known ? *known : OutputRow{output};
    row.volume = request.volume.value_or(row.volume);
    row.muted = request.muted.value_or(row.muted);
    if (request.max_level) row.max_level = request.max_level;
    turn.draft.outputs.put(output, row);
    turn.touched.insert(output.worker);
}

}  // namespace

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const PlayRequest& play) {
    if (auto playable = require_playable(play); !playable) return playable.error();
    auto outputs = resolve_outputs(turn.draft, play.to);
    if (!outputs) return outputs.error();
    if (auto free = require_free_outputs(turn.draft, *outputs); !free) return free.error();
    auto programme = programme_of(turn.draft, play, *outputs);
    if (!programme) return programme.error();
    auto uplink = uplink_of(turn.draft, play);
    if (!uplink) return uplink.error();
    SessionRow session;
    session.id = {turn.new_id('s')};
    session.uplink = std::move(*uplink);
    session.programme = std::move(*programme);
    session.outputs = std::move(*outputs);
    session.from_frame = play.from_frame;
    session.volume = play.volume;
    session.prepared_by = turn.cluster_now() + prepare_limit;
    session.created = request.wall;
    hold_devices(turn, session.outputs);
    turn.announce("session.preparing", session.id.value,
                  "'" + session.programme.title + "' is being " + (session.programme.live ? "opened" : "fetched"));
    return put_session(turn, std::move(session));
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const StopRequest& stop) {
    const auto session = require_session(turn.draft, stop.session);
    if (!session) return session.error();
    auto stopped = stop_session(**session, turn.cluster_now());
    if ((*session)->active()) {
        keep_last_words(turn.draft, stopped);
        turn.announce("session.stopped", stop.session.value, "stopped by request");
    }
    return put_session(turn, std::move(stopped));
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const PauseRequest& pause) {
    const auto session = require_session(turn.draft, pause.session);
    return session ? move_session(turn, **session, pause_session(**session, turn.cluster_now()), "session.paused")
                   : session.error();
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ResumeRequest& resume) {
    const auto session = require_session(turn.draft, resume.session);
    return session ? move_session(turn, **session, resume_session(**session, turn.cluster_now()), "session.resumed")
                   : session.error();
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const SeekRequest& seek) {
    const auto session = require_session(turn.draft, seek.session);
    return session
               ? move_session(turn, **session, seek_session(**session, turn.cluster_now(), seek.frame), "session.moved")
               : session.error();
}

// No worker has to do with it.
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const OpenDoorRequest& open) {
    const auto session = require_session(turn.draft, open.session);
    if (!session) return session.error();
    auto changed = set_open_door(**session, open.door);
    if (!changed) return changed.error();
    if (*changed != **session) {
        turn.announce("session.door", open.session.value, door_words(**session, open.door));
        turn.draft.sessions.put(changed->id, *changed);
    }
    return AnswerBody{*changed};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const VolumeRequest& request) {
    if (request.volume)
        if (auto level = require_level(*request.volume); !level) return level.error();
    if (request.max_level)
        if (auto level = require_level(*request.max_level, "maximum"); !level) return level.error();
    const auto* session = turn.draft.sessions.find({request.target});
    if (session && !zone_named(turn.draft, request.target)) {
        if (request.muted) return Error{ErrorCode::invalid, "a session cannot be muted; mute its outputs, or pause it"};
        if (request.max_level) return Error{ErrorCode::invalid, "a session has no maximum; its outputs have"};
        SessionRow changed = *session;
        changed.volume = request.volume.value_or(changed.volume);
        turn.announce("volume.set", changed.id.value, level_words(request));
        return put_session(turn, std::move(changed));
    }
    const auto outputs = resolve_outputs(turn.draft, {request.target});
    if (!outputs) return outputs.error();
    for (const auto& output : *outputs) set_output_level(turn, output, request);
    turn.announce("volume.set", request.target, level_words(request));
    return AnswerBody{Done{}};
}

}  // namespace antiphon::core
