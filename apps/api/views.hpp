// What the HTTP API says and takes: one declaration for the server that writes it and the command line that reads it.
// Names are what people see; ids never change. docs/protocol.md lists the routes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "apps/api/recordings.hpp"
#include "core/documents.hpp"
#include "core/rows.hpp"

namespace antiphon::api {

// ---- what is answered

struct EndpointView {
    std::string name;              // "worker/name"
    std::string device;            // as the worker declared it
    std::string failure;           // empty: working
    bool online = false;           // its worker is
    std::optional<double> volume;  // outputs only, 0..1
    std::optional<bool> muted;
    std::optional<double> max_level = {};               // outputs only, 0..1: no sample is louder
    std::optional<std::vector<std::string>> uses = {};  // inputs only, for people: "recorded by r3", "listened to"
};
BOOST_DESCRIBE_STRUCT(EndpointView, (), (name, device, failure, online, volume, muted, max_level, uses))

struct WorkerView {
    std::string id;
    std::string name;
    bool online = false;
    std::string activity;          // core::Activity
    bool maintenance = false;      // desired; `activity` says when it is granted
    std::uint64_t generation = 0;  // desired
    std::uint64_t applied = 0;
    std::uint64_t boot = 0;
    bool clock_synchronised = false;
    std::int64_t clock_error_ns = 0;  // bound
    double clock_rate_ppm = 0;
    std::vector<std::string> outputs;  // names without the worker's
    std::vector<std::string> inputs;
    std::optional<double> wakeups_per_s = {};
};
BOOST_DESCRIBE_STRUCT(WorkerView, (),
                      (id, name, online, activity, maintenance, generation, applied, boot, clock_synchronised,
                       clock_error_ns, clock_rate_ppm, outputs, inputs, wakeups_per_s))

// How well one output plays a session: core::OutputReport.
struct OutputSyncView {
    std::string output;         // "worker/name"
    std::int64_t error_ns = 0;  // positive: late
    std::int64_t bound_ns = 0;
    double correction_ppm = 0;
    double device_ppm = 0;
    std::int64_t ahead_ns = 0;
    std::uint64_t late_frames = 0;
    std::uint64_t device_lost_frames = 0;
    std::uint64_t jumps = 0;
};
BOOST_DESCRIBE_STRUCT(OutputSyncView, (),
                      (output, error_ns, bound_ns, correction_ppm, device_ppm, ahead_ns, late_frames,
                       device_lost_frames, jumps))

// One worker's part in a session.
struct MemberView {
    std::string worker;
    std::string state;  // core::SessionState, or "unheard"
    std::string reason;
    std::int64_t position_frames = 0;
    std::uint64_t lost_frames = 0;
    std::optional<std::vector<OutputSyncView>> outputs = {};  // while they play
    std::optional<core::StreamReport> stream = {};            // packets of a live session
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (worker, state, reason, position_frames, lost_frames, outputs, stream))

// Where a live session is also sent, without encryption.
struct DoorView {
    std::string to;     // "239.1.2.3:5004", "[ff15::1]:5004"; reports go to the next port
    std::string codec;  // core::OpenCodec
};
BOOST_DESCRIBE_STRUCT(DoorView, (), (to, codec))

// Of a session that plays as it comes.
struct LiveView {
    std::string source;  // as it was asked for
    std::string state;   // core::SourceState
    std::string reason;  // of what is neither opening nor flowing
    std::int64_t latency_ns = 0;
    std::string codec;  // core::LiveCodec; empty: not open yet
    std::optional<DoorView> open_door = {};
};
BOOST_DESCRIBE_STRUCT(LiveView, (), (source, state, reason, latency_ns, codec, open_door))

struct SessionView {
    std::string id;
    std::string title;
    std::string phase;  // core::SessionPhase
    std::string reason;
    std::string blob;
    std::int64_t frames = 0;           // of the programme, at 48 kHz
    std::int64_t position_frames = 0;  // now
    double volume = 1;
    std::vector<std::string> outputs;
    std::vector<MemberView> members;
    std::optional<std::int64_t> start_ns;  // cluster time
    std::int64_t from_frame = 0;
    core::WallTime created;
    std::optional<LiveView> live;  // then `blob` is empty and `frames` 0
};
BOOST_DESCRIBE_STRUCT(SessionView, (),
                      (id, title, phase, reason, blob, frames, position_frames, volume, outputs, members, start_ns,
                       from_frame, created, live))

struct ZoneView {
    std::string id;
    std::string name;
    std::uint64_t version = 1;  // also the ETag
    std::vector<std::string> outputs;
};
BOOST_DESCRIBE_STRUCT(ZoneView, (), (id, name, version, outputs))

struct ClusterView {
    std::string id;
    std::uint64_t epoch = 0;
    std::string version;  // of the program
    std::int64_t cluster_ns = 0;
    std::vector<std::string> warnings;  // such as: listening beyond loopback without TLS
};
BOOST_DESCRIBE_STRUCT(ClusterView, (), (id, epoch, version, cluster_ns, warnings))

// ---- lists are objects, so that fields can be added

struct WorkersView {
    std::vector<WorkerView> workers;
};
BOOST_DESCRIBE_STRUCT(WorkersView, (), (workers))

struct SessionsView {
    std::vector<SessionView> sessions;
};
BOOST_DESCRIBE_STRUCT(SessionsView, (), (sessions))

struct ZonesView {
    std::vector<ZoneView> zones;
};
BOOST_DESCRIBE_STRUCT(ZonesView, (), (zones))

// Everything at one moment.
struct StatusView {
    ClusterView cluster;
    std::vector<WorkerView> workers;
    std::vector<SessionView> sessions;      // active ones, and the last that ended
    std::vector<RecordingView> recordings;  // active ones
    std::vector<ZoneView> zones;
};
BOOST_DESCRIBE_STRUCT(StatusView, (), (cluster, workers, sessions, recordings, zones))

struct DevicesView {
    std::vector<EndpointView> outputs;
    std::vector<EndpointView> inputs;
};
BOOST_DESCRIBE_STRUCT(DevicesView, (), (outputs, inputs))

struct PongView {
    std::string worker;
    std::string activity;
    std::uint64_t boot = 0;
    std::uint64_t applied = 0;
};
BOOST_DESCRIBE_STRUCT(PongView, (), (worker, activity, boot, applied))

struct BlobView {
    std::string blob;  // SHA-256
    std::uint64_t size_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(BlobView, (), (blob, size_bytes))

struct TokenView {
    std::string id;
    std::string name;
    std::vector<core::Permission> permissions;
    core::WallTime created;
    std::optional<core::WallTime> ends;
    bool ended = false;
    std::optional<core::WallTime> last_used;  // since the coordinator started
};
BOOST_DESCRIBE_STRUCT(TokenView, (), (id, name, permissions, created, ends, ended, last_used))

struct TokensView {
    std::vector<TokenView> tokens;
};
BOOST_DESCRIBE_STRUCT(TokensView, (), (tokens))

struct NewTokenView {
    std::string secret;  // shown now, and never again
    TokenView token;
};
BOOST_DESCRIBE_STRUCT(NewTokenView, (), (secret, token))

struct InvitationView {
    std::string invitation;  // URL#TOKEN
    std::int64_t expires_in_s = 0;
};
BOOST_DESCRIBE_STRUCT(InvitationView, (), (invitation, expires_in_s))

// Also what the WebSocket /v1/events/live sends.
struct EventView {
    std::uint64_t number = 0;
    core::WallTime time;
    std::string event;   // "session.playing"
    std::string object;  // id
    std::string text;
    std::string asked_by;  // a token's name; empty: the cluster itself decided
    std::string ground;    // what it followed from
};
BOOST_DESCRIBE_STRUCT(EventView, (), (number, time, event, object, text, asked_by, ground))

struct EventsView {
    std::vector<EventView> events;  // oldest first
};
BOOST_DESCRIBE_STRUCT(EventsView, (), (events))

// Why something is as it is. docs/protocol.md lists what may be asked about.
struct WhyView {
    std::string kind;
    std::string object;                // id
    std::string name;                  // as people write it
    std::string verdict;               // what it does, or why it does not
    std::vector<std::string> grounds;  // what else keeps it from it
    std::vector<EventView> history;    // the last that was decided about it, oldest first
};
BOOST_DESCRIBE_STRUCT(WhyView, (), (kind, object, name, verdict, grounds, history))

// One worker with what it shall be, and what it said last.
struct WorkerDocumentsView {
    WorkerView worker;
    core::DesiredDocument desired;
    std::optional<core::ReportedDocument> reported;  // absent: not heard since this coordinator started
};
BOOST_DESCRIBE_STRUCT(WorkerDocumentsView, (), (worker, desired, reported))

BOOST_DEFINE_ENUM_CLASS(BackupPhase, making, ready, failed)

struct LeftOutView {
    std::string name;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(LeftOutView, (), (name, reason))

struct BackupView {
    std::string id;
    BackupPhase phase = BackupPhase::making;
    std::string reason;  // of `failed`
    core::WallTime made;
    bool whole = false;
    std::uint64_t done_bytes = 0;  // while making, of
    std::uint64_t total_bytes = 0;
    std::string cluster;  // and the rest: once it is ready
    std::uint64_t size_bytes = 0;
    std::string sha256;
    std::vector<LeftOutView> left_out;  // damaged or gone
};
BOOST_DESCRIBE_STRUCT(BackupView, (),
                      (id, phase, reason, made, whole, done_bytes, total_bytes, cluster, size_bytes, sha256, left_out))

// An error, as adapters/http writes it (RFC 9457).
struct ProblemView {
    std::string type;    // "urn:antiphon:error:not-found", or "about:blank" when the status says it all
    std::string title;   // of the status
    int status = 0;      // that of the answer
    std::string detail;  // the thing, the value and the way out
    std::optional<std::string> instance;           // the path that was asked for
    std::optional<std::uint64_t> current_version;  // of a zone, after a conflict of versions
};
BOOST_DESCRIBE_STRUCT(ProblemView, (), (type, title, status, detail, instance, current_version))

// ---- what is asked

struct InviteBody {
    std::optional<std::string> replaces;  // a worker whose place the new board takes
};
BOOST_DESCRIBE_STRUCT(InviteBody, (), (replaces))

struct WorkerRenameBody {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(WorkerRenameBody, (), (name))

struct BackupBody {
    bool whole = false;  // with all programmes and recordings
};
BOOST_DESCRIBE_STRUCT(BackupBody, (), (whole))

struct PlayBody {
    std::string source;           // "blob:HASH", "tone:HZ", "pipe:PATH", "alsa:NAME" or "feed"
    std::vector<std::string> to;  // outputs, zones, "all"
    std::optional<double> volume;
    std::optional<double> from_s;
    std::optional<std::string> title;
    std::optional<double> latency_ms = {};  // of a live source, from it to the ear; absent: what suits the outputs
    std::optional<std::string> codec = {};  // of a live source, to the boards: core::LiveCodec; absent: flac
};
BOOST_DESCRIBE_STRUCT(PlayBody, (), (source, to, volume, from_s, title, latency_ms, codec))

struct SeekBody {
    double to_s = 0;
};
BOOST_DESCRIBE_STRUCT(SeekBody, (), (to_s))

struct DoorBody {
    std::string to;                    // an address of one host or a group, and a UDP port: "239.1.2.3:5004"
    std::optional<std::string> codec;  // "l16", as any receiver has it, or "opus"; absent: l16
};
BOOST_DESCRIBE_STRUCT(DoorBody, (), (to, codec))

struct VolumeBody {
    std::string target;  // a session, an output, a zone or "all"
    std::optional<double> volume;
    std::optional<bool> muted;
    std::optional<double> max_level = {};  // of outputs: no sample is louder; takes the permission admin
};
BOOST_DESCRIBE_STRUCT(VolumeBody, (), (target, volume, muted, max_level))

struct ZoneBody {
    std::vector<std::string> outputs;
};
BOOST_DESCRIBE_STRUCT(ZoneBody, (), (outputs))

struct ZoneRenameBody {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(ZoneRenameBody, (), (name))

struct TokenBody {
    std::string name;
    std::vector<std::string> permissions;
    std::optional<std::int64_t> for_s;    // from now on, 1 s to 100 years; or
    std::optional<core::WallTime> until;  // at this time; neither: without an end
};
BOOST_DESCRIBE_STRUCT(TokenBody, (), (name, permissions, for_s, until))

struct JoinBody {
    std::string token;
    std::string name;
    std::string public_key;
    int v = 1;
};
BOOST_DESCRIBE_STRUCT(JoinBody, (), (token, name, public_key, v))

// The answer to a join, kept in the worker's identity.json. Hosts are left to the worker: it knows how it got here.
struct JoinAnswer {
    std::string id;
    std::string name;
    std::string cluster;
    std::string credential;   // bearer token at the HTTP server; password at the private broker (user name: id)
    std::string message_key;  // 64 hexadecimal digits: adapters/mac
    std::optional<std::string> broker_url;  // somebody else's, without a login; absent: the private one, at this host
    std::uint16_t broker_port = 0;
    std::uint16_t clock_port = 0;
    std::uint64_t epoch = 0;
    std::optional<std::string> broker_scheme;  // of the private broker: "mqtts"; absent: "mqtt"
};
BOOST_DESCRIBE_STRUCT(JoinAnswer, (),
                      (id, name, cluster, credential, message_key, broker_url, broker_port, clock_port, epoch,
                       broker_scheme))

}  // namespace antiphon::api
