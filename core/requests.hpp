// What users ask of the coordinator, and what it answers. Outputs and inputs are named as people write them:
// "worker/name", a zone, or "all".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/messages.hpp"
#include "core/permission.hpp"
#include "core/result.hpp"
#include "core/rows.hpp"

namespace antiphon::core {

// Of the process, to bring an answer back to who asked. Not durable.
using RequestId = std::uint64_t;

struct PlayRequest {
    Programme programme;  // of a live stream, its source alone
    std::vector<std::string> to;
    double volume = 1.0;
    FrameCount from_frame = 0;
    std::optional<Duration> latency = {};   // of a live stream; absent: what suits its outputs
    std::optional<LiveCodec> codec = {};    // of a live stream, to the boards; absent: FLAC
    std::optional<std::string> input = {};  // that the live stream is: "worker/name"
};
struct StopRequest {
    SessionId session;
};
struct PauseRequest {
    SessionId session;
};
struct ResumeRequest {
    SessionId session;
};
struct SeekRequest {
    SessionId session;
    FrameCount frame = 0;
};
// Lets programs that are not ours hear a live session, or shuts them out.
struct OpenDoorRequest {
    SessionId session;
    std::optional<OpenDoor> door;  // absent: shut it
};
// Of a session, an output, a zone or "all"; what is absent stays.
struct VolumeRequest {
    std::string target;
    std::optional<double> volume;  // 0..1
    std::optional<bool> muted;
    std::optional<double> max_level = {};  // 0..1, of outputs: whoever sets it protects ears
};
struct ZoneSetRequest {  // created if there is none of that name
    std::string name;
    std::vector<std::string> outputs;
    std::optional<std::uint64_t> expected_version;
    bool must_be_new = false;
};
struct ZoneRenameRequest {
    std::string name;
    std::string new_name;
};
struct ZoneDeleteRequest {
    std::string name;
};
// Of one input, as it comes. The answer's id is where it can be had for as long as somebody takes it.
struct ListenRequest {
    std::string input;  // "worker/name"
};
struct RecordRequest {
    std::vector<std::string> from;
    std::optional<Duration> length = {};  // from now on; absent: until it is stopped
    std::string title = {};
    std::optional<SoundTrigger> on_sound = {};
};
struct RecordStopRequest {
    RecordingId recording;
};
struct MarkRequest {
    RecordingId recording;
    std::string text;
    Duration ago{0};  // the moment was that long before the request is decided
};
struct MarkDeleteRequest {
    RecordingId recording;
    MarkId mark;
};
struct ScheduleRequest {
    std::vector<std::string> from;
    std::string title;
    CalendarRule rule;
    Duration length{0};
    WallTime next;  // the first time that the rule tells
    std::optional<SoundTrigger> on_sound = {};
};
struct ScheduleDeleteRequest {
    ScheduleId schedule;
};
struct InviteRequest {
    std::string digest;                   // of the token, which the core never sees
    std::optional<std::string> replaces;  // a worker whose place the new board takes, with its zones and sessions
};
struct WorkerRenameRequest {
    std::string worker;
    std::string new_name;
};
struct WorkerRemoveRequest {
    std::string worker;
};
struct JoinRequest {
    std::string invitation_digest;
    std::string name;
    std::string public_key;
    int v = 1;
    std::string credential_digest;
    std::string broker_password;
    std::string message_key;
};
struct TokenCreateRequest {
    std::string name;
    std::string digest;  // of the secret, which the core never sees
    PermissionSet permissions;
    std::optional<WallTime> ends;
};
struct TokenRevokeRequest {
    std::string name;
};
struct PingRequest {
    std::string worker;  // its name or id
};
// May this worker be taken for maintenance? Answered when it has given itself up, or refused.
struct MaintenanceRequest {
    std::string worker;
    bool wanted = true;
};

// Tells a board what to do with Bluetooth. Answered when it has obeyed, or refuses; a pairing when its output is there.
struct BluetoothRequest {
    std::string worker;  // its name or id
    BluetoothOrder order;
    std::string output = {};  // of a pairing: what the device is to be called
};

using RequestBody =
    std::variant<PlayRequest, StopRequest, PauseRequest, ResumeRequest, SeekRequest, OpenDoorRequest, VolumeRequest,
                 ZoneSetRequest, ZoneRenameRequest, ZoneDeleteRequest, ListenRequest, RecordRequest, RecordStopRequest,
                 MarkRequest, MarkDeleteRequest, ScheduleRequest, ScheduleDeleteRequest, InviteRequest, JoinRequest,
                 TokenCreateRequest, TokenRevokeRequest, PingRequest, MaintenanceRequest, WorkerRenameRequest,
                 WorkerRemoveRequest, BluetoothRequest>;

// Asked twice, a request with the same key is done once; another request with that key is refused.
struct Idempotency {
    std::string key;
    std::string fingerprint;  // of all that was asked
};

struct UserRequest {
    RequestId id = 0;
    RequestBody body;
    WallTime wall;  // for labels
    std::optional<Idempotency> idempotency;
    Principal principal;               // who asks; fails closed: nobody may nothing
    LocalTime deadline = end_of_time;  // decided later than this, it has no effect: its asker was told so already
};

// What a principal must have to ask for this.
Permission permission_of(const RequestBody& body);

struct Done {};  // nothing more to say

using AnswerBody = std::variant<Done, SessionRow, ListenRow, ZoneRow, RecordingRow, MarkRow, ScheduleRow, WorkerRow,
                                InvitationRow, TokenRow, PairingRow, Pong>;

}  // namespace antiphon::core
