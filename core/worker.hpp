// The worker's decisions: from messages, its devices and its memory to what it renders, records and reports.
// Level-triggered: after every event the worker is compared with its desired document, and what differs is set going.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/messages.hpp"

namespace antiphon::core {

inline constexpr std::size_t remembered_commands_max = 128;
inline constexpr std::size_t remembered_orders_max = 32;
inline constexpr Duration report_interval = std::chrono::seconds(2);  // while playing or recording
inline constexpr Duration heartbeat_interval = std::chrono::seconds(10);

// What a worker must know again after a power cut.
struct WorkerMemory {
    std::string member;  // "CLUSTER/ID": who it was when it learned all this
    Boot boot;
    Epoch epoch;  // the highest seen
    DesiredDocument desired;
    std::vector<MessageId> commands;  // the last ones that had their effect, oldest first
    // The cluster has put it out: it plays, records and says nothing, whatever was desired, until it is let in again.
    std::optional<bool> expelled;
    // Recordings whose end has come here: they are over, also in another life that does not know the time.
    std::optional<std::vector<RecordingId>> ended = {};

    friend bool operator==(const WorkerMemory&, const WorkerMemory&) = default;
};
BOOST_DESCRIBE_STRUCT(WorkerMemory, (), (member, boot, epoch, desired, commands, expelled, ended))

struct SessionRun {
    SessionReport report;
    std::optional<DesiredSession> rendering;  // what the renderer was last told
};

using TrackId = std::pair<RecordingId, std::string>;  // recording, input

// The shared devices that this board may drive, all others it lets go; and the outputs that follow from what was paired
// with it.
struct DriveDevices {
    std::vector<std::string> devices;
    std::vector<PairedOutput> outputs;

    friend bool operator==(const DriveDevices&, const DriveDevices&) = default;
};

struct OrderRun {
    MessageId command;
    std::optional<Outcome> outcome = {};  // absent: it is being obeyed
};

struct WorkerCounters {
    std::uint64_t stale_epochs = 0;
    std::uint64_t old_generations = 0;
    std::uint64_t repeated_commands = 0;
    std::uint64_t expired_commands = 0;
    std::uint64_t misdirected = 0;
};

struct WorkerState {
    WorkerMemory memory;
    std::map<SessionId, SessionRun> sessions;
    std::map<TrackId, TrackReport> tracks;
    std::set<TrackId> finishing;                       // told to finish, not stored yet
    std::map<SessionId, DesiredUplink> uplinks;        // that are sent
    std::map<std::string, DesiredOutput> outputs_set;  // what each output was last told
    std::optional<DriveDevices> driven = {};           // as last told
    std::vector<Endpoint> outputs;
    std::vector<Endpoint> inputs;
    ClockReport clock;
    std::optional<BluetoothReport> bluetooth = {};  // absent: this board drives none
    std::vector<OrderRun> orders = {};              // the last of this life, oldest first
    std::optional<ClusterTime> cluster_now;         // at the last tick
    bool linked = false;
    bool vouched = false;      // linked to a broker that lets in members only
    bool maintenance = false;  // granted
    std::uint64_t sequence = 0;
    LocalTime reported_at;
    WorkerCounters counters;
};

// ---- events

// The memory is loaded; `tracks` are those whose files were found on the disk, stored or uploaded. Where only this
// actor has died, and not its process, tracks may still be recording, and the renderer goes on with `rendering`, and
// `sending` is sent.
struct WorkerStarted {
    std::vector<Endpoint> outputs;
    std::vector<Endpoint> inputs;
    std::vector<TrackReport> tracks;
    std::vector<DesiredSession> rendering = {};
    std::vector<DesiredUplink> sending = {};
};
struct MessageArrived {
    Message message;
    std::optional<ClusterTime> cluster_now;
};
struct LinkChanged {
    bool up = false;
    bool vouches = true;  // that broker lets in members only, so who is let in is one
};
// What the coordinator itself says when it is asked whether it knows this worker (still, or again).
struct MembershipTold {
    bool member = false;
};
struct BlobFetched {
    BlobHash blob;
    std::string failure;  // empty: it is in the cache and checked
};
struct SessionProgressed {
    SessionReport report;
    DesiredSession rendered;  // what the renderer had been told when it was looked at
};
struct TrackProgressed {
    TrackReport report;
};
struct ClockChanged {
    ClockReport report;
};
struct EndpointChanged {
    bool is_output = true;
    Endpoint endpoint;
};
struct BluetoothTold {
    BluetoothReport report;
};
// An order was obeyed, or cannot be.
struct OrderEnded {
    Outcome outcome;
};
struct Tick {
    std::optional<ClusterTime> cluster_now = {};  // as far as it is known
};

using WorkerEvent =
    std::variant<WorkerStarted, MessageArrived, LinkChanged, MembershipTold, BlobFetched, SessionProgressed,
                 TrackProgressed, ClockChanged, EndpointChanged, BluetoothTold, OrderEnded, Tick>;

// ---- effects

struct FetchBlob {
    Programme programme;
};
struct Render {  // start it, or bring what is rendered into line with it
    DesiredSession session;
};
struct StopRender {
    SessionId session;
};
struct SetOutput {
    DesiredOutput output;
};
// What this session was sent before it is sent no more.
struct SendInput {
    DesiredUplink uplink;
};
struct StopInput {
    SessionId session;
};
struct Capture {  // a new track, or on with one that was found
    RecordingId recording;
    std::string input;
    std::optional<SoundTrigger> on_sound = {};
};
struct FinishCapture {
    RecordingId recording;
    std::string input;
};
struct UploadTrack {
    RecordingId recording;
    std::string input;
};
struct DiscardTrack {  // it is safe elsewhere
    RecordingId recording;
    std::string input;
};
struct SendReport {
    ReportedDocument document;
};
struct SendPong {
    Pong pong;
};
// Ends with an OrderEnded.
struct ObeyOrder {
    MessageId command;
    BluetoothOrder order;
};
struct SendOutcome {
    Outcome outcome;
};

using WorkerEffect =
    std::variant<FetchBlob, Render, StopRender, SetOutput, SendInput, StopInput, Capture, FinishCapture, UploadTrack,
                 DiscardTrack, SendReport, SendPong, DriveDevices, ObeyOrder, SendOutcome>;

// ---- the machine

// A worker's state is small, so a draft is simply a copy.
struct WorkerDraft {
    explicit WorkerDraft(const WorkerState& state) : before(state), next(state) {}

    const WorkerState& before;
    WorkerState next;

    void apply_to(WorkerState& state) { state = std::move(next); }
    template <class Visit>
    void each_durable(Visit visit) const {
        if (next.memory != before.memory) visit("worker", std::string("memory"), &next.memory);
    }
};

struct WorkerMachine {
    using State = WorkerState;
    using Event = WorkerEvent;
    using Effect = WorkerEffect;
    using Draft = WorkerDraft;

    static std::vector<WorkerEffect> step(WorkerDraft& draft, LocalTime now, const WorkerEvent& event);
    // The laws between the state before and after, in words if one is broken: looked at in production too.
    static std::optional<std::string> check(const WorkerDraft& draft);
};

// What a board knows when it runs as `member`: all of it if it was that before; else what another cluster, or the place
// that it had before it was removed, told it counts no more, and only its boots go on.
WorkerMemory memory_of(WorkerMemory memory, const std::string& member);

Activity activity_of(const WorkerState& state);

// What the worker would report now.
ReportedDocument report_of(const WorkerState& state, LocalTime now);

}  // namespace antiphon::core
