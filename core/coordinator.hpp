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
inline constexpr std::size_t finished_sessions_kept = 100;
inline constexpr std::size_t finished_recordings_kept = 1000;
inline constexpr std::size_t answered_requests_kept = 1000;
inline constexpr Duration invitation_life = std::chrono::minutes(10);
// For so long an invitation that is over is still told from one that never was.
inline constexpr Duration invitation_memory = std::chrono::hours(1);
inline constexpr Duration silent_after = std::chrono::seconds(30);  // three heartbeats of a worker
inline constexpr Duration ask_limit = std::chrono::seconds(5);      // ping and maintenance

// What a worker last said, and when we heard it. Not durable: the worker says it again.
struct Presence {
    WorkerId id;
    bool online = false;
    ReportedDocument reported;
    LocalTime heard;
};

// A request that waits for a worker.
struct Ask {
    MessageId id;  // of the ping; for maintenance the request's own
    RequestId request = 0;
    WorkerId worker;
    bool maintenance = false;
    LocalTime deadline;
    bool withdraw = false;  // maintenance that this request began ends with its deadline
};

struct CoordinatorCounters {
    std::uint64_t old_reports = 0;
    std::uint64_t unknown_workers = 0;
    std::uint64_t misdirected = 0;
    std::uint64_t late_replies = 0;
    std::uint64_t inadmissible = 0;  // requests without the permission, or after their deadline
};

struct CoordinatorState {
    ClusterRow cluster;
    std::uint64_t next_message = 1;
    Table<WorkerId, WorkerRow> workers;
    Table<WorkerId, Presence> presence;
    Table<SessionId, SessionRow> sessions;
    Table<RecordingId, RecordingRow> recordings;
    Table<ZoneId, ZoneRow> zones;
    Table<EndpointId, OutputRow> outputs;
    Table<std::string, InvitationRow> invitations;
    Table<std::string, RequestRow> requests;
    Table<MessageId, Ask> asks;
    CoordinatorCounters counters;
};

// ---- events

// The rows are loaded. A new life of the process: a new epoch. `incarnation` is the cluster clock's.
struct CoordinatorStarted {
    ClockIncarnation incarnation;
};
struct WorkerMessage {
    WorkerId worker;  // from the topic, which the broker has checked
    Message message;
};
// A recording's file is here, complete and checked.
struct TrackReceived {
    RequestId request = 0;
    RecordingId recording;
    EndpointId input;
    FrameCount frames = 0;
    std::uint64_t gap_frames = 0;
    std::string sha256;
    std::string file;
    std::string note;  // what a person should know of it; empty: nothing
};
// The bus is connected (again): whatever was published meanwhile may be lost.
struct BusConnected {};
struct ClusterTick {};

using CoordinatorEvent =
    std::variant<CoordinatorStarted, UserRequest, WorkerMessage, TrackReceived, BusConnected, ClusterTick>;

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
// Someone joined: let the broker know it.
struct AdmitWorker {
    WorkerId worker;
};
struct Answer {
    RequestId request = 0;
    Result<AnswerBody> body;
};
// Something that a person or a wider system may want to hear of.
struct Announce {
    std::string topic;   // "session.playing"
    std::string object;  // its id
    std::string text;
};

using CoordinatorEffect = std::variant<PublishDesired, PublishPing, AdmitWorker, Answer, Announce>;

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
    TableDraft<RecordingId, RecordingRow> recordings;
    TableDraft<ZoneId, ZoneRow> zones;
    TableDraft<EndpointId, OutputRow> outputs;
    TableDraft<std::string, InvitationRow> invitations;
    TableDraft<std::string, RequestRow> requests;
    TableDraft<MessageId, Ask> asks;
    const CoordinatorState* base;

    void apply_to(CoordinatorState& state) const;

    template <class Visit>
    void each_durable(Visit visit) const {
        if (cluster_changed) visit("cluster", std::string("self"), &cluster);
        for (const auto& [id, row] : workers.writes()) visit("worker", id.value, row.get());
        for (const auto& [id, row] : sessions.writes()) visit("session", id.value, row.get());
        for (const auto& [id, row] : recordings.writes()) visit("recording", id.value, row.get());
        for (const auto& [id, row] : zones.writes()) visit("zone", id.value, row.get());
        for (const auto& [id, row] : outputs.writes()) visit("output", id.worker.value + "/" + id.name, row.get());
        for (const auto& [id, row] : invitations.writes()) visit("invitation", id, row.get());
        for (const auto& [id, row] : requests.writes()) visit("request", id, row.get());
    }
};

struct CoordinatorMachine {
    using State = CoordinatorState;
    using Event = CoordinatorEvent;
    using Effect = CoordinatorEffect;
    using Draft = CoordinatorDraft;

    static std::vector<CoordinatorEffect> step(CoordinatorDraft& draft, LocalTime now, const CoordinatorEvent& event);
};

// Cluster time is the coordinator's own.
inline ClusterTime cluster_time(const ClusterRow& cluster, LocalTime now) { return {cluster.incarnation, now.ns}; }

// What `worker` shall be, from the rows of the state; its generation is the one in its row.
DesiredDocument desired_document(const CoordinatorState& state, const WorkerId& worker);

}  // namespace antiphon::core
