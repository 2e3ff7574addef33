// The life of one session, as the coordinator decides it: prepare, start together, pause, seek, end. Pure.
#pragma once

#include <vector>

#include "core/result.hpp"
#include "core/rows.hpp"

namespace antiphon::core {

// From the decision to the first sound: the document's way to the workers, and what they render ahead.
inline constexpr Duration start_lead = std::chrono::milliseconds(600);
// Who is not ready by then joins in mid-programme.
inline constexpr Duration prepare_limit = std::chrono::seconds(10);
// A programme that should be over by this long is over, whatever its members say.
inline constexpr Duration end_grace = std::chrono::seconds(5);
// After the coordinator's machine has started, its workers have this time to come back.
inline constexpr Duration reboot_grace = std::chrono::seconds(60);

// What one member worker last said of the session.
struct MemberView {
    std::string worker;  // its name, for reasons
    bool online = false;
    std::optional<SessionReport> report;  // none: it has not heard of it yet
};

// The session after looking at its members at `now`; unchanged when there is nothing to decide. Starts when everybody
// who is online is ready, or at `prepared_by` with those who are; fails when nobody can play; ends when all have ended,
// when it is overdue, or, on another clock than it started on, when nobody who is back plays it after `reboot_grace`.
SessionRow step_session(SessionRow session, ClusterTime now, const std::vector<MemberView>& members);

// Frame heard at `now`; within the programme.
FrameCount position_of(const SessionRow& session, ClusterTime now);

// Each fails with `conflict` when the session's phase does not allow it, and names the phase.
Result<SessionRow> pause_session(SessionRow session, ClusterTime now);
Result<SessionRow> resume_session(SessionRow session, ClusterTime now);
Result<SessionRow> seek_session(SessionRow session, ClusterTime now, FrameCount frame);
// Opens its door for programs that are not ours, or another one instead, or shuts it. `conflict` also for a programme
// that is not live, and `invalid` for a port that leaves no next one.
Result<SessionRow> set_open_door(SessionRow session, const std::optional<OpenDoor>& door);
// Of an active session whose programme is live: it can be listened to by this door now; on another clock than it began
// on, it begins anew.
SessionRow open_source(SessionRow session, const LiveDoor& door, ClusterTime now);
// The same when its source has come to its end, or failed.
SessionRow end_source(SessionRow session, const std::string& failure);
// Stopping what is over already changes nothing. `from_frame` then tells how far it came.
SessionRow stop_session(SessionRow session, ClusterTime now);

}  // namespace antiphon::core
