// The coordinator's decisions: the single writer of desired state. Requests, messages and time in; rows, documents and
// answers out. The requests are in requests.hpp, the rows in rows.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/messages.hpp"
#include "core/requests.hpp"
#include "core/rows.hpp"
#include "core/table.hpp"

namespace antiphon::core {

inline constexpr std::size_t workers_max = 2000;
inline constexpr std::size_t zones_max = 1000;
inline constexpr std::size_t invitations_max = 1000;
inline constexpr std::size_t tokens_max = 1000;
inline constexpr std::size_t schedules_max = 1000;
inline constexpr std::size_t pairings_max = 2000;
inline constexpr std::size_t marks_max = 1000;  // of one recording
inline constexpr std::size_t line_max = 200;    // bytes of a title or a mark's text
inline constexpr Duration recording_min = std::chrono::seconds(1);
inline constexpr Duration recording_max = std::chrono::hours(24 * 366);

// What is kept of what is over, and how many may wait. The simulator has smaller ones, so that it gets there.
struct Limits {
    std::size_t finished_sessions = 100;
    std::size_t finished_recordings = 1000;
    std::size_t answered_requests = 1000;
    std::size_t tombstones = 1000;
    std::size_t journal = 5000;
    std::size_t asks = 1000;  // requests that wait for a worker
    std::size_t news = 256;   // that wait for the next tick to be written into the journal
};

inline constexpr Duration invitation_life = std::chrono::minutes(10);
// For so long an invitation that is over is still told from one that never was.
inline constexpr Duration invitation_memory = std::chrono::hours(1);
inline constexpr Duration silent_after = std::chrono::seconds(30);  // three heartbeats of a worker
inline constexpr Duration tell_again_after =
    std::chrono::seconds(2);                                      // a worker that is behind gets its document again
inline constexpr Duration ask_limit = std::chrono::seconds(5);    // requests that wait for a worker
inline constexpr Duration pair_limit = std::chrono::seconds(75);  // a device is looked for, paged, and asked
inline constexpr Duration order_again_after = std::chrono::seconds(3);  // its id keeps it to one effect

inline constexpr std::size_t live_sources_max = 64;
// An input that nobody hears is sent to us for so long: who comes again hears it at once. So long, too, its board is
// not given up for maintenance.
inline constexpr Duration listen_linger = std::chrono::seconds(2);
// Of a live session's latency, beside what its outputs need: for its packets (of 5 ms; Opus' have 10, and what it looks
// ahead) and a quiet network, at least; and for some rounds of repair, where nobody asks for less.
constexpr Duration live_transport(LiveCodec codec) {
    return std::chrono::milliseconds(codec == LiveCodec::opus ? 21 : 13);
}
inline constexpr Duration live_repairs_wanted = std::chrono::milliseconds(37);
inline constexpr Duration live_latency_default = std::chrono::milliseconds(100);  // or more
inline constexpr Duration live_latency_max = std::chrono::seconds(2);

BOOST_DEFINE_ENUM_CLASS(SourceState, opening, flowing, stalled, ended, failed)

// What the sender of a live session last said of its source. Not durable: it is opened anew by each life.
struct SourceStatus {
    SessionId id;
    SourceState state = SourceState::opening;
    std::string reason;  // of what is neither opening nor flowing
};

// What a worker last said, and when we heard it. Not durable: the worker says it again.
struct Presence {
    WorkerId id;
    bool online = false;
    ReportedDocument reported;
    LocalTime heard;
    LocalTime told;                // when its document was last sent again, because it was behind
    Connection connection;         // the latest that we heard of
    bool connection_over = false;  // and its goodbye, after which nothing of it is news
};

// A Bluetooth order that was sent to a board.
struct OrderAsk {
    BluetoothOrder order;
    std::string output;    // of a pairing
    std::string asked_by;  // a token's name
    bool obeyed = false;   // a pairing that waits for its output
    LocalTime told = {};   // when it was sent last
};

// A request that waits for a worker.
struct Ask {
    MessageId id;  // of the command; for maintenance the request's own
    RequestId request = 0;
    WorkerId worker;
    bool maintenance = false;
    LocalTime deadline;
    bool withdraw = false;  // maintenance that this request began ends with its deadline
    bool expired = false;   // answered; what it began is to be withdrawn
    std::optional<OrderAsk> order = {};
};

struct CoordinatorCounters {
    std::uint64_t old_reports = 0;
    std::uint64_t old_greetings = 0;  // and goodbyes, of connections that others have followed
    std::uint64_t unknown_workers = 0;
    std::uint64_t misdirected = 0;
    std::uint64_t late_replies = 0;
    std::uint64_t ahead = 0;            // reports of a generation or an epoch that is not ours
    std::uint64_t news_dropped = 0;     // not written into the journal: too many at once
    std::uint64_t removed_workers = 0;  // words of those that belong to the cluster no more
    std::uint64_t inadmissible = 0;     // requests without the permission, or after their deadline
};

// What the wall showed when we were last told, so that events that carry no wall time can be labelled too.
struct WallLabel {
    WallTime wall;
    LocalTime at;

    WallTime on(LocalTime now) const { return wall + (now - at); }
};

struct CoordinatorState {
    Limits limits;
    WallLabel label;
    WallLabel calendar;  // the same, when dates were last looked at
    ClusterRow cluster;
    std::uint64_t next_message = 1;
    Table<WorkerId, WorkerRow> workers;
    Table<WorkerId, Presence> presence;
    Table<SessionId, SessionRow> sessions;
    Table<SessionId, ListenRow> listens;
    Table<RecordingId, RecordingRow> recordings;
    Table<MarkId, MarkRow> marks;
    Table<ScheduleId, ScheduleRow> schedules;
    Table<ZoneId, ZoneRow> zones;
    Table<EndpointId, OutputRow> outputs;
    Table<std::string, InvitationRow> invitations;
    Table<TokenId, TokenRow> tokens;
    Table<std::string, RequestRow> requests;
    Table<std::string, TombstoneRow> tombstones;
    Table<std::string, HoldRow> holds;
    Table<std::string, PairingRow> pairings;
    Table<std::uint64_t, JournalRow> journal;
    Table<MessageId, Ask> asks;
    Table<SessionId, SourceStatus> sources;  // of active live sessions; not durable
    std::vector<JournalRow> news;            // of what happens to us, not by us: written with the next tick
    CoordinatorCounters counters;
};

// ---- events

// The rows are loaded. A new life of the process: a new epoch. `incarnation` is the cluster clock's.
struct CoordinatorStarted {
    ClockIncarnation incarnation;
    WallTime wall;  // for labels
};
// Anything that a worker says.
struct WorkerMessage {
    WorkerId worker;  // from the topic, which the broker has checked
    Message message;
};
// A recording's track is here, complete and checked; or it was read again, and is not what it was.
struct TrackReceived {
    RequestId request = 0;
    RecordingId recording;
    EndpointId input;
    FrameCount frames = 0;
    std::uint64_t gap_frames = 0;
    std::string sha256;
    std::string file;
    std::string note;      // what a person should know of it; empty: nothing
    bool damaged = false;  // since it arrived; means nothing before it has
};
// A live session's source is open, and waits for listeners to come by this door.
struct SourceOpened {
    SessionId session;
    LiveDoor door;
    std::optional<LiveDoor> uplink = {};  // of an input: where its board has to send it
};
struct SourceChanged {
    SourceStatus status;
};
// Nobody takes what this source gives, and has not for a while. Said again and again until it is closed.
struct ListenersGone {
    SessionId id;
};
// Something that a source said is lost (it could not be stored, or there was no room for it): all say again what they
// are.
struct SourcesUnheard {};
// The bus is connected (again): whatever was published meanwhile may be lost.
struct BusConnected {};
struct ClusterTick {
    WallTime wall;  // for labels
};

// With each tick, apart from it: whoever waited long enough gets an answer even when nothing can be stored.
struct AsksTick {};

// What the wall clock shows, about once a second: dates end things, and begin them.
struct CalendarTick {
    WallTime wall;
};
// When a schedule's rule comes true the next time.
struct OccurrenceFound {
    ScheduleId schedule;
    std::optional<WallTime> next;  // absent: never again
};

using CoordinatorEvent =
    std::variant<CoordinatorStarted, UserRequest, WorkerMessage, TrackReceived, SourceOpened, SourceChanged,
                 ListenersGone, SourcesUnheard, BusConnected, ClusterTick, AsksTick, CalendarTick, OccurrenceFound>;

// ---- effects

struct PublishDesired {
    WorkerId worker;
    DesiredDocument document;
    MessageId id;
};
struct PublishPing {
    WorkerId worker;
    MessageId id;
    ClusterTime deadline;
};
struct PublishOrder {
    WorkerId worker;
    MessageId id;
    ClusterTime deadline;
    BluetoothOrder order;
};
// Someone joined: let the broker know it.
struct AdmitWorker {
    WorkerId worker;
};
// There is a new token.
struct AdmitToken {
    TokenId token;
};
// Revoked or at its end: whoever came in by it has to go.
struct DismissToken {
    TokenId token;
    std::string why;
};
struct Answer {
    RequestId request = 0;
    Result<AnswerBody> body;
};
// Someone was removed: the broker forgets it and what it retained.
struct DismissWorker {
    WorkerId worker;
};
// A live session's source, or an input that is listened to: open it and tell by which door; of one that is open
// already, it tells again.
struct OpenSource {
    SessionId session;
    std::string source;
    std::optional<LiveCodec> codec = LiveCodec::flac;  // to the boards; absent: to nobody, it is taken from us
};
// Frame 0 leaves it then, in the past or soon; one that has begun goes on.
struct BeginSource {
    SessionId session;
    ClusterTime begins;
};
struct CloseSource {
    SessionId session;
};
// Of an open source: what it gives goes there as well, for programs that are not ours; absent: no more.
struct SetOpenDoor {
    SessionId session;
    std::optional<OpenDoor> door;
};
// All others are closed: what was to be said of them may have been lost with the actor before.
struct KeepSources {
    std::set<SessionId> sessions;
};
using SourceOrder = std::variant<OpenSource, BeginSource, SetOpenDoor, CloseSource, KeepSources>;
// When does this rule come true, the first time after `after`? Answered by OccurrenceFound.
struct FindOccurrence {
    ScheduleId schedule;
    CalendarRule rule;
    WallTime after;
};
// Something that a person or a wider system may want to hear of; it is in the journal.
struct Announce {
    JournalRow entry;
};

using CoordinatorEffect =
    std::variant<PublishDesired, PublishPing, PublishOrder, AdmitWorker, DismissWorker, AdmitToken, DismissToken,
                 Answer, OpenSource, BeginSource, SetOpenDoor, CloseSource, KeepSources, FindOccurrence, Announce>;

// ---- the machine

struct CoordinatorDraft {
    explicit CoordinatorDraft(const CoordinatorState& state);

    ClusterRow cluster;
    bool cluster_changed = false;
    std::uint64_t next_message;
    CoordinatorCounters counters;
    TableDraft<WorkerId, WorkerRow> workers;
    TableDraft<WorkerId, Presence> presence;
    TableDraft<SessionId, SessionRow> sessions;
    TableDraft<SessionId, ListenRow> listens;
    TableDraft<RecordingId, RecordingRow> recordings;
    TableDraft<MarkId, MarkRow> marks;
    TableDraft<ScheduleId, ScheduleRow> schedules;
    TableDraft<ZoneId, ZoneRow> zones;
    TableDraft<EndpointId, OutputRow> outputs;
    TableDraft<std::string, InvitationRow> invitations;
    TableDraft<TokenId, TokenRow> tokens;
    TableDraft<std::string, RequestRow> requests;
    TableDraft<std::string, TombstoneRow> tombstones;
    TableDraft<std::string, HoldRow> holds;
    TableDraft<std::string, PairingRow> pairings;
    TableDraft<std::uint64_t, JournalRow> journal;
    TableDraft<MessageId, Ask> asks;
    TableDraft<SessionId, SourceStatus> sources;
    std::vector<JournalRow> news;
    WallLabel label;
    WallLabel calendar;
    const CoordinatorState* base;

    void apply_to(CoordinatorState& state) const;

    template <class Visit>
    void each_durable(Visit visit) const {
        if (cluster_changed) visit("cluster", std::string("self"), &cluster);
        for (const auto& [id, row] : workers.writes()) visit("worker", id.value, row.get());
        for (const auto& [id, row] : sessions.writes()) visit("session", id.value, row.get());
        for (const auto& [id, row] : listens.writes()) visit("listen", id.value, row.get());
        for (const auto& [id, row] : recordings.writes()) visit("recording", id.value, row.get());
        for (const auto& [id, row] : marks.writes()) visit("mark", id.value, row.get());
        for (const auto& [id, row] : schedules.writes()) visit("schedule", id.value, row.get());
        for (const auto& [id, row] : zones.writes()) visit("zone", id.value, row.get());
        for (const auto& [id, row] : outputs.writes()) visit("output", id.worker.value + "/" + id.name, row.get());
        for (const auto& [id, row] : invitations.writes()) visit("invitation", id, row.get());
        for (const auto& [id, row] : tokens.writes()) visit("token", id.value, row.get());
        for (const auto& [id, row] : requests.writes()) visit("request", id, row.get());
        for (const auto& [id, row] : tombstones.writes()) visit("tombstone", id, row.get());
        for (const auto& [id, row] : holds.writes()) visit("hold", id, row.get());
        for (const auto& [id, row] : pairings.writes()) visit("pairing", id, row.get());
        for (const auto& [id, row] : journal.writes()) visit("journal", std::to_string(id), row.get());
    }
};

struct CoordinatorMachine {
    using State = CoordinatorState;
    using Event = CoordinatorEvent;
    using Effect = CoordinatorEffect;
    using Draft = CoordinatorDraft;

    static std::vector<CoordinatorEffect> step(CoordinatorDraft& draft, LocalTime now, const CoordinatorEvent& event);
    // The laws that a look at what the draft writes can tell, in words if one is broken: looked at in production too.
    static std::optional<std::string> check(const CoordinatorDraft& draft);
};

// Cluster time is the coordinator's own.
inline ClusterTime cluster_time(const ClusterRow& cluster, LocalTime now) { return {cluster.incarnation, now.ns}; }

// `not_found` unless the recording has a track of this input: a file of anything else is nobody's.
Result<void> require_track(const CoordinatorState& state, const RecordingId& recording, const EndpointId& input);

// What `worker` shall be, from the rows of the state; its generation is the one in its row.
DesiredDocument desired_document(const CoordinatorState& state, const WorkerId& worker);

}  // namespace antiphon::core
