// Recording, as people ask for it: from when to when, under which title, with marks at what they want to find again.
#include <algorithm>
#include <cmath>

#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

constexpr std::size_t all_marks_max = 20'000;
constexpr std::int64_t pre_roll_max_ms = 10'000;
constexpr std::int64_t hold_min_ms = 1000, hold_max_ms = 600'000;

// One that is finished and handed in keeps nobody from the next.
// It has the input until it is stopped, whatever its board says of it: a board that has stored what it has goes on when
// its document (still) wants it to.
const RecordingRow* recording_on(const CoordinatorDraft& draft, const EndpointId& input) {
    const RecordingRow* found = nullptr;
    draft.recordings.each([&](const RecordingRow& recording) {
        if (recording.phase != RecordingPhase::recording) return;
        for (const auto& track : recording.tracks)
            if (track.input == input && !track.over()) found = &recording;
    });
    return found;
}

Result<const RecordingRow*> require_recording(const CoordinatorDraft& draft, const RecordingId& id) {
    if (const auto* row = draft.recordings.find(id)) return row;
    return Error{ErrorCode::not_found,
                 "there is no recording '" + id.value.substr(0, 80) + "'; antiphon recordings lists them"};
}

void stop(CoordinatorTurn& turn, RecordingRow recording, const char* why) {
    recording.phase = RecordingPhase::stopping;
    for (const auto& track : recording.tracks) turn.touched.insert(track.input.worker);
    turn.announce("recording.stopping", recording.id.value,
                  std::string(why) + "; the workers finish and hand in their files");
    turn.draft.recordings.put(recording.id, std::move(recording));
}

// By the calendar only where the cluster clock is another than when it was begun.
bool is_due(const RecordingEnd& end, ClusterTime now, WallTime wall) {
    return end.at.incarnation == now.incarnation ? now.ns >= end.at.ns : wall >= end.wall;
}

std::size_t marks_of(const CoordinatorDraft& draft, const RecordingId& recording) {
    std::size_t count = 0;
    draft.marks.each([&](const MarkRow& mark) { count += mark.recording == recording; });
    return count;
}

Result<void> require_room_for_mark(const CoordinatorDraft& draft, const RecordingId& recording) {
    if (marks_of(draft, recording) >= marks_max)
        return Error{ErrorCode::exhausted, "recording '" + recording.value + "' has " + std::to_string(marks_max) +
                                               " marks, which is the bound; remove one that is not needed"};
    if (count_of(draft.marks) >= all_marks_max)
        return Error{ErrorCode::exhausted, "the recordings here have " + std::to_string(all_marks_max) +
                                               " marks, which is the bound; remove some that are not needed"};
    return {};
}

}  // namespace

Result<void> require_line(std::string_view text, std::string_view what) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (text.size() > line_max)
        return Error{ErrorCode::invalid, std::string(what) + " of " + std::to_string(text.size()) +
                                             " bytes is too long; write at most " + std::to_string(line_max)};
    if (std::any_of(text.begin(), text.end(), control))
        return Error{ErrorCode::invalid, std::string(what) + " has a control character in it; write one line of text"};
    return {};
}

Result<void> require_length(Duration length) {
    if (length >= recording_min && length <= recording_max) return {};
    return Error{ErrorCode::invalid,
                 "a recording cannot last " +
                     std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count()) +
                     " ms; 1 s to 366 days are possible"};
}

Result<void> require_free_input(const CoordinatorDraft& draft, const EndpointId& input) {
    if (const auto* recording = recording_on(draft, input))
        return Error{ErrorCode::conflict, display_name(draft, input) + " is already recorded by " +
                                              recording->id.value + "; stop it first: antiphon record stop " +
                                              recording->id.value};
    return require_no_maintenance(draft, {input});
}

Result<void> require_trigger(const std::optional<SoundTrigger>& trigger) {
    if (!trigger) return {};
    if (!std::isfinite(trigger->level_db) || trigger->level_db < -100 || trigger->level_db > 0)
        return Error{ErrorCode::invalid, "a level of " + std::to_string(trigger->level_db) +
                                             " dB is none of sound; -100 to 0 are possible, such as -40"};
    if (trigger->pre_roll_ms < 0 || trigger->pre_roll_ms > pre_roll_max_ms)
        return Error{ErrorCode::invalid,
                     "a pre-roll of " + std::to_string(trigger->pre_roll_ms) + " ms is not possible; 0 to 10 s are"};
    if (trigger->hold_ms < hold_min_ms || trigger->hold_ms > hold_max_ms)
        return Error{ErrorCode::invalid,
                     "a hold of " + std::to_string(trigger->hold_ms) + " ms is not possible; 1 s to 10 min are"};
    return {};
}

RecordingRow begin_recording(CoordinatorTurn& turn, const std::vector<EndpointId>& inputs, const RecordingWish& wish,
                             WallTime wall) {
    RecordingRow recording;
    recording.id = {turn.new_id('r')};
    recording.created = wall;
    if (!wish.title.empty()) recording.title = wish.title;
    if (wish.length) recording.ends = RecordingEnd{turn.cluster_now() + *wish.length, wall + *wish.length};
    recording.schedule = wish.schedule;
    recording.on_sound = wish.on_sound;
    for (const auto& input : inputs) recording.tracks.emplace_back().input = input;
    turn.touch(inputs);
    turn.draft.recordings.put(recording.id, recording);
    turn.announce("recording.started", recording.id.value,
                  counted(inputs.size(), "input") + (wish.title.empty() ? "" : ", '" + wish.title + "'"));
    return recording;
}

void end_recordings(CoordinatorTurn& turn) {
    std::vector<RecordingRow> due;
    turn.draft.recordings.each([&](const RecordingRow& row) {
        if (row.phase == RecordingPhase::recording && row.ends &&
            is_due(*row.ends, turn.cluster_now(), turn.draft.label.on(turn.now)))
            due.push_back(row);
    });
    for (auto& recording : due) stop(turn, std::move(recording), "its time is over");
}

void drop_marks_of_nothing(CoordinatorTurn& turn) {
    std::vector<MarkId> lost;
    turn.draft.marks.each([&](const MarkRow& mark) {
        if (!turn.draft.recordings.find(mark.recording)) lost.push_back(mark.id);
    });
    for (const auto& id : lost) turn.draft.marks.erase(id);
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const RecordRequest& record) {
    if (auto line = require_line(record.title, "a title"); !line) return line.error();
    if (record.length)
        if (auto length = require_length(*record.length); !length) return length.error();
    if (auto trigger = require_trigger(record.on_sound); !trigger) return trigger.error();
    const auto inputs = resolve_inputs(turn.draft, record.from);
    if (!inputs) return inputs.error();
    for (const auto& input : *inputs)
        if (auto free = require_free_input(turn.draft, input); !free) return free.error();
    return AnswerBody{begin_recording(turn, *inputs, {record.title, record.length, {}, record.on_sound}, request.wall)};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const RecordStopRequest& request) {
    const auto found = require_recording(turn.draft, request.recording);
    if (!found) return found.error();
    if ((*found)->phase == RecordingPhase::recording) stop(turn, **found, "stopped by request");
    return AnswerBody{*turn.draft.recordings.find(request.recording)};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const MarkRequest& asked) {
    const auto found = require_recording(turn.draft, asked.recording);
    if (!found) return found.error();
    if (auto line = require_line(asked.text, "a mark's text"); !line) return line.error();
    if (asked.text.empty())
        return Error{ErrorCode::invalid, "a mark needs a text; write what there is to be found at this moment"};
    if (asked.ago < Duration{0} || asked.ago > recording_max)
        return Error{ErrorCode::invalid, "a mark is of a moment that has been: 0 s to 366 days ago"};
    if ((*found)->phase != RecordingPhase::recording && asked.ago == Duration{0})
        return Error{ErrorCode::conflict, "recording '" + asked.recording.value +
                                              "' does not go on any more; say how long ago the moment was"};
    if (auto room = require_room_for_mark(turn.draft, asked.recording); !room) return room.error();
    const auto now = turn.cluster_now();
    MarkRow mark{{turn.new_id('m')},       asked.recording, {now.incarnation, now.ns - asked.ago.count()},
                 request.wall - asked.ago, asked.text,      turn.asked_by};
    turn.draft.marks.put(mark.id, mark);
    turn.announce("recording.marked", asked.recording.value, "'" + asked.text + "'");
    return AnswerBody{mark};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const MarkDeleteRequest& asked) {
    const auto* mark = turn.draft.marks.find(asked.mark);
    if (!mark || mark->recording != asked.recording)
        return Error{ErrorCode::not_found, "recording '" + asked.recording.value.substr(0, 80) + "' has no mark '" +
                                               asked.mark.value.substr(0, 80) + "'; antiphon record marks " +
                                               asked.recording.value.substr(0, 80) + " lists them"};
    turn.announce("recording.unmarked", asked.recording.value, "'" + mark->text + "' was removed");
    turn.draft.marks.erase(MarkId(asked.mark));
    return AnswerBody{Done{}};
}

}  // namespace antiphon::core
