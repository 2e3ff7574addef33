// What the parts of the coordinator share while one event is worked on.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/coordinator.hpp"

namespace antiphon::core {

struct CoordinatorTurn {
    CoordinatorDraft& draft;
    LocalTime now;
    std::vector<CoordinatorEffect>& effects;
    std::string asked_by;        // a token's name; empty: nobody asked
    std::string ground;          // what the decisions of this turn follow from
    std::set<WorkerId> touched;  // their desired documents may differ now
    std::set<WorkerId> behind;   // they have not got what is published already

    ClusterTime cluster_now() const { return cluster_time(draft.cluster, now); }
    // A decision of ours: it goes into the journal with what it decides, in one transaction.
    void announce(std::string topic, std::string object, std::string text);
    // Something that happens to us, perhaps often: it goes into the journal with the next tick, if there is room.
    void note(std::string topic, std::string object, std::string text);
    std::string new_id(char letter) {
        draft.cluster_changed = true;
        return letter + std::to_string(draft.cluster.next_id++);
    }
    MessageId new_message_id() {
        return {"e" + std::to_string(draft.cluster.epoch.value) + "-" + std::to_string(draft.next_message++)};
    }
    template <class Endpoints>
    void touch(const Endpoints& endpoints) {
        for (const auto& endpoint : endpoints) touched.insert(endpoint.worker);
    }
};

template <class Table>
std::size_t count_of(const Table& table) {
    std::size_t count = 0;
    table.each([&](const auto&) { ++count; });
    return count;
}

// "1 track", "2 tracks".
inline std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// ---- coordinator_names.cpp: from names to ids

const WorkerRow* worker_named(const CoordinatorDraft& draft, std::string_view name);
const ZoneRow* zone_named(const CoordinatorDraft& draft, std::string_view name);
// A name goes before an id: people may call a board "w2".
const WorkerRow* find_worker(const CoordinatorDraft& draft, std::string_view name_or_id);
const ZoneRow* find_zone(const CoordinatorDraft& draft, std::string_view name_or_id);
Result<const WorkerRow*> require_worker(const CoordinatorDraft& draft, std::string_view name_or_id);
// "worker/name", a zone's name or "all", in order, no two alike. `not_found` names what there is instead.
Result<std::vector<EndpointId>> resolve_outputs(const CoordinatorDraft& draft, const std::vector<std::string>& names);
Result<std::vector<EndpointId>> resolve_inputs(const CoordinatorDraft& draft, const std::vector<std::string>& names);
std::string display_name(const CoordinatorDraft& draft, const EndpointId& endpoint);
// `conflict` names a board among theirs that is taken for maintenance, and the way out.
Result<void> require_no_maintenance(const CoordinatorDraft& draft, const std::vector<EndpointId>& endpoints);
// The device of an output as its worker last declared it; empty: not known.
std::string device_of(const CoordinatorDraft& draft, const EndpointId& output);

// ---- coordinator_requests.cpp, coordinator_listen.cpp, coordinator_record.cpp, coordinator_schedules.cpp,
// coordinator_zones.cpp, coordinator_members.cpp, coordinator_places.cpp: one answer per request

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const PlayRequest& play);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const StopRequest& stop);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const PauseRequest& pause);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ResumeRequest& resume);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const SeekRequest& seek);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const OpenDoorRequest& open);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const VolumeRequest& volume);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ZoneSetRequest& zone);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ZoneRenameRequest& zone);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ZoneDeleteRequest& zone);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ListenRequest& listen);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const RecordRequest& record);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const RecordStopRequest& stop);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const MarkRequest& mark);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const MarkDeleteRequest& mark);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ScheduleRequest& schedule);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ScheduleDeleteRequest& schedule);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const InviteRequest& invite);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const JoinRequest& join);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const WorkerRenameRequest& rename);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const WorkerRemoveRequest& remove);

// ---- coordinator_places.cpp: boards that go, and those that take their place

// What is planned on this worker: "plays session s3"; nothing: it may be taken away.
std::optional<std::string> what_occupies(const CoordinatorDraft& draft, const WorkerRow& worker);
// Nothing may run on a worker that goes, as far as we know: `conflict` says what it does.
Result<void> require_removable(const CoordinatorDraft& draft, const WorkerRow& worker);
// Its row, its volumes and its holds go, and a tombstone stays. What it was to play and record is planned for
// `successor`, or for nobody.
void remove_worker(CoordinatorTurn& turn, const WorkerRow& worker, const WorkerId* successor);
// What a list has of `old` becomes `successor`'s, or goes. True: it has changed.
bool move_endpoints(std::vector<EndpointId>& endpoints, const WorkerId& old, const WorkerId* successor);
// Of "worker/ID" or "zone/NAME"; at the bound the oldest is forgotten.
void bury(CoordinatorTurn& turn, const std::string& key, const std::string& name, std::uint64_t version);

// ---- coordinator_holds.cpp: devices that only one board may drive

// `conflict` names who holds it.
Result<void> require_free_device(const CoordinatorDraft& draft, const std::string& device, const EndpointId& output);
// The same of all that these outputs are; `conflict` also names an output that has one of them too.
Result<void> require_free_devices(const CoordinatorDraft& draft, const std::vector<EndpointId>& outputs);
void hold_devices(CoordinatorTurn& turn, const std::vector<EndpointId>& outputs);
// What this worker holds and neither is to drive nor drives, it lets go.
void release_devices(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& reported);

// ---- coordinator_tokens.cpp

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const TokenCreateRequest& token);
Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const TokenRevokeRequest& token);
// Why the token that the request came with lets nobody in any more; nothing: it does, or it is none of the rows.
std::optional<Error> token_over(const CoordinatorTurn& turn, const UserRequest& request);
// What a request was refused for stays so, whatever the clock says next.
void end_tokens_seen_over(CoordinatorTurn& turn, const UserRequest& request);
// Ends what ends by now. The calendar never goes back, whatever the clock does.
void turn_calendar(CoordinatorTurn& turn, WallTime wall);

// ---- coordinator_members.cpp: what waits for a worker, and what workers say

void start_ask(CoordinatorTurn& turn, const UserRequest& request, const PingRequest& ping);
void start_ask(CoordinatorTurn& turn, const UserRequest& request, const MaintenanceRequest& maintenance);
// The worker, if one more request may wait for an answer.
Result<const WorkerRow*> require_askable(const CoordinatorTurn& turn, const std::string& name);
void finish(CoordinatorTurn& turn, const Ask& ask, Result<AnswerBody> answer);
void hear(CoordinatorTurn& turn, const WorkerMessage& message);
void expire_asks(CoordinatorTurn& turn);
// What expired requests began.
void withdraw_expired(CoordinatorTurn& turn);
// Who has said nothing for `silent_after` is offline, even if no last will came.
void miss_the_silent(CoordinatorTurn& turn);

// ---- coordinator_bluetooth.cpp: orders to boards, and what was paired with them

void start_ask(CoordinatorTurn& turn, const UserRequest& request, const BluetoothRequest& bluetooth);
void publish_order(CoordinatorTurn& turn, const Ask& ask);
// The order, or its outcome, may be lost: until one of them has come, it is said again.
void repeat_orders(CoordinatorTurn& turn);
void hear_outcome(CoordinatorTurn& turn, const WorkerRow& worker, const Outcome& outcome);
// Answers who waits for the output of a device that was paired.
void grant_pairings(CoordinatorTurn& turn, const WorkerId& worker, const ReportedDocument& reported);
// Into the journal: which devices came, went, or cannot be used.
void note_devices(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& before,
                  const ReportedDocument& now);
void move_pairings(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor);

// ---- coordinator_epochs.cpp: more than one coordinator

// What a worker claims to have seen further ahead than that is no coordinator's: its word alone shall not exhaust an
// epoch or a generation.
inline constexpr std::uint64_t believable_lead = 1u << 30;
// Another one leads if most of the workers that are here follow it; a restored one leads them all again.
void compare_epochs(CoordinatorTurn& turn);
// It has said that it knows this coordinator, and that it has applied the newest that this one wants of it.
bool follows(const CoordinatorDraft& draft, const WorkerRow& worker);
// With the end of this turn everybody hears of the epoch, and whoever missed a document gets it.
void publish_all(CoordinatorTurn& turn);

// ---- coordinator_sessions.cpp, coordinator_recordings.cpp

// Puts into the journal that it plays, has ended or failed.
void announce_phase(CoordinatorTurn& turn, const SessionRow& session);
// Keeps in a session that is over what its members said last.
void keep_last_words(const CoordinatorDraft& draft, SessionRow& session);
// Looks at each active session of this worker (or at all) and moves it on.
void step_sessions(CoordinatorTurn& turn, const WorkerId* only_of);
// Puts a changed recording; one whose tracks are all over is complete, or failed.
void put_recording(CoordinatorTurn& turn, RecordingRow recording);
void hear_tracks(CoordinatorTurn& turn, const WorkerId& worker, const ReportedDocument& reported);
void receive_track(CoordinatorTurn& turn, const TrackReceived& track);
void prune_finished(CoordinatorTurn& turn);

// ---- coordinator_record.cpp

// One line of text for people, of a bounded length; `invalid` says what is wrong with `what`.
Result<void> require_line(std::string_view text, std::string_view what);
Result<void> require_length(Duration length);
// `conflict` names who records it, or that its board is taken for maintenance.
Result<void> require_free_input(const CoordinatorDraft& draft, const EndpointId& input);
Result<void> require_trigger(const std::optional<SoundTrigger>& trigger);

struct RecordingWish {
    std::string title;
    std::optional<Duration> length;  // from now on
    std::optional<ScheduleId> schedule;
    std::optional<SoundTrigger> on_sound;
};
// The inputs are free, the wish is possible.
RecordingRow begin_recording(CoordinatorTurn& turn, const std::vector<EndpointId>& inputs, const RecordingWish& wish,
                             WallTime wall);
// Those whose time is over.
void end_recordings(CoordinatorTurn& turn);
// Marks of recordings that are forgotten.
void drop_marks_of_nothing(CoordinatorTurn& turn);

// ---- coordinator_schedules.cpp

// Asks anew when each schedule begins that is not due: time zones change, and clocks are set.
void find_occurrences(CoordinatorTurn& turn, WallTime wall);
// Begins what is due by the draft's calendar; `before` is what that showed at the look before.
void run_schedules(CoordinatorTurn& turn, const WallLabel& before);
void plan_occurrence(CoordinatorTurn& turn, const OccurrenceFound& found);
void move_schedules(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor);

// ---- coordinator_live.cpp

// What a live session on these outputs has from its source to the ear: what is asked for, or what suits the slowest.
Result<Duration> live_latency(const CoordinatorDraft& draft, const std::vector<EndpointId>& outputs, LiveCodec codec,
                              std::optional<Duration> asked);
Result<void> require_room_for_source(const CoordinatorDraft& draft);
// A new life, of the process or of the actor alone, has those sources open that its sessions want, and no others.
void open_sources_again(CoordinatorTurn& turn);
void hear_source(CoordinatorTurn& turn, const SourceOpened& opened);
void hear_source(CoordinatorTurn& turn, const SourceChanged& changed);
// Opens, begins and closes what the turn's sessions want otherwise than before.
void tend_sources(CoordinatorTurn& turn);

// ---- coordinator_listen.cpp

OpenSource order_for(const CoordinatorDraft& draft, const ListenRow& listen);
// Its source is open: its board is to send it there.
void open_listen(CoordinatorTurn& turn, const ListenRow& listen, const SourceOpened& opened);
void fail_listen(CoordinatorTurn& turn, const ListenRow& listen, const std::string& reason);
// Nobody takes it; unless somebody has asked lately, and is on his way, it ends.
void hear_listeners(CoordinatorTurn& turn, const ListenersGone& gone);
void end_listens_of(CoordinatorTurn& turn, const WorkerId& worker);
// All: whoever listened has lost the connection with the life before.
void end_listens(CoordinatorTurn& turn);
void tend_listen(CoordinatorTurn& turn, const SessionId& id, const ListenRow* before, const ListenRow* now);

// ---- coordinator_journal.cpp

void write_news(CoordinatorTurn& turn);

// ---- coordinator_publish.cpp

// The next generation for each touched worker whose document has changed; the present one again for who is behind.
void publish_touched(CoordinatorTurn& turn);

}  // namespace antiphon::core
