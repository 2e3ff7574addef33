// The coordinator's durable rows: what is desired of the cluster, and who belongs to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/documents.hpp"
#include "core/permission.hpp"

namespace antiphon::core {

// An output or input of one worker, by the worker's id.
struct EndpointId {
    WorkerId worker;
    std::string name;

    friend auto operator<=>(const EndpointId&, const EndpointId&) = default;
};
BOOST_DESCRIBE_STRUCT(EndpointId, (), (worker, name))

// The cluster itself. Row "cluster/self".
struct ClusterRow {
    Epoch epoch;
    ClockIncarnation incarnation;
    std::uint64_t next_id = 1;           // ids are never used twice, whatever happens to their objects
    std::uint64_t requests = 0;          // answered with an Idempotency-Key, ever
    std::uint64_t journal = 0;           // entries ever
    std::uint64_t gone = 0;              // tombstones ever
    bool restored = false;               // from a backup: workers may know of higher epochs and generations
    std::optional<Epoch> superseded_by;  // another coordinator leads: this one writes nothing any more
    // The latest that the wall clock has shown, ever: what ended by then has ended, whatever the clock shows since.
    std::optional<WallTime> latest_wall;
};
BOOST_DESCRIBE_STRUCT(ClusterRow, (),
                      (epoch, incarnation, next_id, requests, journal, gone, restored, superseded_by, latest_wall))

// What a backup's rows become where a coordinator starts from it: above the epochs of the next thousand lives of the
// one that was backed up, and clear of the ids and generations that it has given since. `jump` is random, 0..1e9, so
// that two restores of one backup do not meet either.
inline ClusterRow restored(ClusterRow row, std::uint64_t jump) {
    row.epoch.value += 1000 + jump % 100'000;
    row.next_id += 1'000'000 + jump;
    row.restored = true;
    row.superseded_by.reset();
    return row;
}

struct WorkerRow {
    WorkerId id;
    std::string name;
    Generation generation;          // of its desired document
    bool maintenance = false;       // desired
    std::string credential_digest;  // SHA-256 of what it shows to the HTTP server
    std::string broker_password;    // as the broker's password file wants it
    std::string public_key;         // as it told us when it joined
    std::string message_key;        // of what it and we say to each other; empty: it joined before there were any
    WallTime joined;

    friend bool operator==(const WorkerRow&, const WorkerRow&) = default;
};
BOOST_DESCRIBE_STRUCT(WorkerRow, (),
                      (id, name, generation, maintenance, credential_digest, broker_password, public_key, message_key,
                       joined))

inline WorkerRow restored(WorkerRow row, std::uint64_t jump) {
    row.generation.value += 1'000'000 + jump;
    return row;
}

BOOST_DEFINE_ENUM_CLASS(SessionPhase, preparing, playing, paused, ended, stopped, failed)

// A worker's last word on a session that is over: its documents speak of it no more.
struct LastWord {
    WorkerId worker;
    SessionReport report;

    friend bool operator==(const LastWord&, const LastWord&) = default;
};
BOOST_DESCRIBE_STRUCT(LastWord, (), (worker, report))

BOOST_DEFINE_ENUM_CLASS(OpenCodec, l16, opus)

// Where a live session's sound also goes, for programs that are not ours: RTP as any receiver has it, neither encrypted
// nor repaired. An operator opens it.
struct OpenDoor {
    std::string address;     // of IPv4 or IPv6, of one host or of a group
    std::uint16_t port = 0;  // UDP, 1..65534; what the sender reports goes to the next
    OpenCodec codec = OpenCodec::l16;

    friend bool operator==(const OpenDoor&, const OpenDoor&) = default;
};
BOOST_DESCRIBE_STRUCT(OpenDoor, (), (address, port, codec))

// The input that a live session plays: its board sends it to the coordinator.
struct Uplink {
    EndpointId input;
    std::optional<LiveDoor> door = {};  // absent: not open yet

    friend bool operator==(const Uplink&, const Uplink&) = default;
};
BOOST_DESCRIBE_STRUCT(Uplink, (), (input, door))

struct SessionRow {
    SessionId id;
    Programme programme;
    std::vector<EndpointId> outputs;  // in order, no two alike
    SessionPhase phase = SessionPhase::preparing;
    std::string reason;                      // of `failed`
    std::optional<ClusterTime> start;        // while playing: when `from_frame` is heard
    FrameCount from_frame = 0;               // while preparing or paused: where it goes on; stopped: how far it came
    std::optional<ClusterTime> prepared_by;  // while preparing: who is not ready then joins later
    double volume = 1.0;
    WallTime created;
    std::vector<LastWord> last_words;        // once it is over
    std::optional<OpenDoor> open_door = {};  // of a live one; absent: nobody hears it but the cluster
    std::optional<Uplink> uplink = {};       // of one that plays an input

    // Every board that has a part in it has to hear of it.
    std::vector<EndpointId> endpoints() const {
        auto all = outputs;
        if (uplink) all.push_back(uplink->input);
        return all;
    }
    bool active() const {
        return phase == SessionPhase::preparing || phase == SessionPhase::playing || phase == SessionPhase::paused;
    }

    friend bool operator==(const SessionRow&, const SessionRow&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (),
                      (id, programme, outputs, phase, reason, start, from_frame, prepared_by, volume, created,
                       last_words, open_door, uplink))

// An input that somebody hears by way of the coordinator, and by whatever program he likes. Of one life of that: the
// next begins without.
struct ListenRow {
    SessionId id;  // as of a session that plays it
    EndpointId input;
    std::optional<LiveDoor> uplink = {};     // where its board sends it; absent: not open yet
    std::optional<ClusterTime> begins = {};  // when frame 0 leaves us; absent: not open yet
    ClusterTime asked;                       // for the last time

    friend bool operator==(const ListenRow&, const ListenRow&) = default;
};
BOOST_DESCRIBE_STRUCT(ListenRow, (), (id, input, uplink, begins, asked))

struct TrackRow {
    EndpointId input;
    TrackState state = TrackState::recording;
    std::string reason;
    FrameCount frames = 0;
    std::uint64_t gap_frames = 0;
    std::string sha256;
    std::string file;  // name in the recording's folder, once it is here

    bool over() const { return state == TrackState::uploaded || state == TrackState::failed; }

    friend bool operator==(const TrackRow&, const TrackRow&) = default;
};
BOOST_DESCRIBE_STRUCT(TrackRow, (), (input, state, reason, frames, gap_frames, sha256, file))

BOOST_DEFINE_ENUM_CLASS(RecordingPhase, recording, stopping, complete, failed)

// When a recording ends by itself: by the cluster's clock, which runs on whatever the calendar shows. Where that clock
// has begun anew meanwhile (its machine was started again), by the calendar.
struct RecordingEnd {
    ClusterTime at;
    WallTime wall;

    friend bool operator==(const RecordingEnd&, const RecordingEnd&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordingEnd, (), (at, wall))

struct RecordingRow {
    RecordingId id;
    RecordingPhase phase = RecordingPhase::recording;
    std::vector<TrackRow> tracks;
    WallTime created;
    std::optional<std::string> title = {};      // for people
    std::optional<RecordingEnd> ends = {};      // absent: when somebody stops it
    std::optional<ScheduleId> schedule = {};    // that began it
    std::optional<SoundTrigger> on_sound = {};  // absent: it records all there is

    bool active() const { return phase == RecordingPhase::recording || phase == RecordingPhase::stopping; }

    friend bool operator==(const RecordingRow&, const RecordingRow&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordingRow, (), (id, phase, tracks, created, title, ends, schedule, on_sound))

// A moment of a recording that somebody wants to find again, and why.
struct MarkRow {
    MarkId id;
    RecordingId recording;
    ClusterTime at;
    WallTime wall;         // the same, as the coordinator's calendar had it
    std::string text;      // a line
    std::string asked_by;  // a token's name

    friend bool operator==(const MarkRow&, const MarkRow&) = default;
};
BOOST_DESCRIBE_STRUCT(MarkRow, (), (id, recording, at, wall, text, asked_by))

BOOST_DEFINE_ENUM_CLASS(Weekday, mon, tue, wed, thu, fri, sat, sun)

// A time of day on a date, or on each of some days of the week, as the clocks of a zone show it.
struct CalendarRule {
    std::string zone;                 // of the IANA time zone database: "Europe/Berlin"
    std::optional<std::string> date;  // "2026-12-24"; absent: on `days`
    std::vector<Weekday> days;        // at least one without a date
    std::int64_t second_of_day = 0;   // 0..86399, as if no clock were ever changed

    friend bool operator==(const CalendarRule&, const CalendarRule&) = default;
};
BOOST_DESCRIBE_STRUCT(CalendarRule, (), (zone, date, days, second_of_day))

// What came of a time that a schedule told.
struct ScheduleRun {
    WallTime at;
    std::optional<RecordingId> recording;  // absent: none was begun
    std::string problem;                   // why none was, or what is missing of it

    friend bool operator==(const ScheduleRun&, const ScheduleRun&) = default;
};
BOOST_DESCRIBE_STRUCT(ScheduleRun, (), (at, recording, problem))

// Recordings that begin by themselves.
struct ScheduleRow {
    ScheduleId id;
    std::string title;  // of what it records
    std::vector<EndpointId> from;
    CalendarRule rule;
    std::int64_t length_ns = 0;
    std::optional<WallTime> next;  // when it begins; absent: not known yet, or `over`
    std::optional<ScheduleRun> last;
    bool over = false;  // no time is left
    WallTime created;
    std::optional<SoundTrigger> on_sound = {};

    friend bool operator==(const ScheduleRow&, const ScheduleRow&) = default;
};
BOOST_DESCRIBE_STRUCT(ScheduleRow, (), (id, title, from, rule, length_ns, next, last, over, created, on_sound))

struct ZoneRow {
    ZoneId id;
    std::string name;
    std::vector<EndpointId> outputs;
    std::uint64_t version = 1;  // for If-Match

    friend bool operator==(const ZoneRow&, const ZoneRow&) = default;
};
BOOST_DESCRIBE_STRUCT(ZoneRow, (), (id, name, outputs, version))

// What is left of what was deleted: late words of it find this and change nothing, and a new one of the same name goes
// on where it ended. Key "worker/ID" or "zone/NAME".
struct TombstoneRow {
    std::string key;
    std::string name;           // of a worker: what it was called
    std::uint64_t version = 0;  // of a zone: its last; of a worker: 0
    std::uint64_t order = 0;    // the oldest are forgotten first
};
BOOST_DESCRIBE_STRUCT(TombstoneRow, (), (key, name, version, order))

// A device that only one board at a time may drive (I5), and the board that may. Kept until that board has said that it
// lets go: what is planned is not yet what happens.
struct HoldRow {
    std::string device;
    EndpointId holder;
};
BOOST_DESCRIBE_STRUCT(HoldRow, (), (device, holder))

// A device that was paired with a board is that board's, whether it plays or not, and an output of it.
struct PairingRow {
    std::string device;  // "bluetooth:ADDRESS"
    EndpointId output;
    std::string name;  // of the device, for people
    WallTime paired;

    friend bool operator==(const PairingRow&, const PairingRow&) = default;
};
BOOST_DESCRIBE_STRUCT(PairingRow, (), (device, output, name, paired))

// One decision, for people who ask why: who asked, what was decided, on what ground.
struct JournalRow {
    std::uint64_t number = 0;
    WallTime at;
    std::string topic;     // "session.playing"
    std::string object;    // its id
    std::string text;      // what was decided
    std::string asked_by;  // a token's name; empty: the cluster itself
    std::string ground;    // what it followed from
};
BOOST_DESCRIBE_STRUCT(JournalRow, (), (number, at, topic, object, text, asked_by, ground))

struct OutputRow {
    EndpointId output;
    double volume = 1.0;
    bool muted = false;
    std::optional<double> max_level = {};  // absent: 1
};
BOOST_DESCRIBE_STRUCT(OutputRow, (), (output, volume, muted, max_level))

// A one-shot permission to join. The token itself is only shown once; its digest is kept.
struct InvitationRow {
    std::string digest;
    ClusterTime expires;
    std::optional<WorkerId> used_by;
    std::optional<WorkerId> replaces;  // who joins with it takes the place of this one
};
BOOST_DESCRIBE_STRUCT(InvitationRow, (), (digest, expires, used_by, replaces))

// Lets a person or a program in. The secret itself is only shown once; its digest is kept. Revoked, its row is gone.
struct TokenRow {
    TokenId id;
    std::string name;
    std::string digest;  // SHA-256 of the secret
    std::vector<Permission> permissions;
    WallTime created;
    std::optional<WallTime> ends;  // a date of the calendar; absent: none
    bool ended = false;            // was seen to be over: stays so

    // Whether it lets nobody in any more when the calendar stands at `calendar`.
    bool over_at(WallTime calendar) const { return ended || (ends && *ends <= calendar); }

    friend bool operator==(const TokenRow&, const TokenRow&) = default;
};
BOOST_DESCRIBE_STRUCT(TokenRow, (), (id, name, digest, permissions, created, ends, ended))

// What a request with an Idempotency-Key was answered, so that a repeated one is answered the same and does nothing.
struct RequestRow {
    std::string key;
    std::string fingerprint;
    std::string object;  // id of what it made or changed; empty: nothing with an id
    std::uint64_t order = 0;
};
BOOST_DESCRIBE_STRUCT(RequestRow, (), (key, fingerprint, object, order))

}  // namespace antiphon::core
