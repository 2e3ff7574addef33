// The session's transitions; each reads as "in this phase, seeing this, it becomes that".
#include "core/session.hpp"

#include <algorithm>

namespace antiphon::core {
namespace {

bool reports(const MemberView& member, SessionState state) { return member.report && member.report->state == state; }

bool can_play(const MemberView& member) {
    return reports(member, SessionState::ready) || reports(member, SessionState::playing);
}

bool is_over(const MemberView& member) {
    return reports(member, SessionState::ended) || reports(member, SessionState::failed);
}

// Of those that are there each has said something, and none that it plays.
bool nobody_there_plays(const std::vector<MemberView>& members) {
    const bool any_there =
        std::any_of(members.begin(), members.end(), [](const MemberView& member) { return member.online; });
    return any_there && std::all_of(members.begin(), members.end(), [](const MemberView& member) {
               return !member.online || (member.report && !reports(member, SessionState::playing));
           });
}

// Everybody of whom an answer can be expected has given one.
bool all_settled(const std::vector<MemberView>& members) {
    return std::all_of(members.begin(), members.end(),
                       [](const MemberView& member) { return !member.online || can_play(member) || is_over(member); });
}

std::string why_nobody_plays(const std::vector<MemberView>& members) {
    std::string why;
    for (const auto& member : members) {
        if (!why.empty()) why += "; ";
        why += member.worker + ": ";
        if (!member.online)
            why += "offline";
        else if (reports(member, SessionState::failed))
            why += member.report->reason;
        else
            why += "not ready in time";
    }
    return why;
}

SessionRow failed(SessionRow session, std::string reason) {
    session.phase = SessionPhase::failed;
    session.reason = std::move(reason);
    session.start.reset();
    session.prepared_by.reset();
    return session;
}

// The time of a live frame, exact for each third one.
constexpr FrameCount exact_frames = 3;
Duration time_of(FrameCount frames) { return Duration{frames * 1'000'000'000 / cluster_rate}; }

// A live source begins when it is started first and goes on while the session is paused; what is heard is what it gave
// a latency ago. (After a reboot of the coordinator's machine its sender begins it anew.)
void place_live(SessionRow& session, ClusterTime start) {
    auto& live = *session.programme.live;
    const Duration latency{live.latency_ns};
    if (!live.begins || live.begins->incarnation != start.incarnation) live.begins = start;
    const auto first_heard = *live.begins + latency;
    const auto late_ns = std::max<std::int64_t>(0, start.ns - first_heard.ns);
    session.from_frame = late_ns / time_of(exact_frames).count() * exact_frames;
    session.start = first_heard + time_of(session.from_frame);
}

SessionRow started(SessionRow session, ClusterTime start) {
    session.phase = SessionPhase::playing;
    session.start = start;
    session.prepared_by.reset();
    if (session.programme.live) place_live(session, start);
    return session;
}

bool is_past(const std::optional<ClusterTime>& deadline, ClusterTime now) {
    if (!deadline) return false;
    return deadline->incarnation != now.incarnation || now.ns >= deadline->ns;
}

SessionRow step_preparing(SessionRow session, ClusterTime now, const std::vector<MemberView>& members) {
    const bool any_ready = std::any_of(members.begin(), members.end(), can_play);
    const bool any_online = std::any_of(members.begin(), members.end(), [](const auto& m) { return m.online; });
    const bool late = is_past(session.prepared_by, now);
    if (session.programme.live && !session.programme.live->door)
        return late ? failed(std::move(session), "its source was not opened in time") : session;
    if (any_ready && (late || all_settled(members))) return started(std::move(session), now + start_lead);
    if (late || (any_online && all_settled(members))) return failed(std::move(session), why_nobody_plays(members));
    return session;
}

SessionRow step_playing(SessionRow session, ClusterTime now, const std::vector<MemberView>& members) {
    const bool all_over = std::all_of(members.begin(), members.end(), is_over);
    const bool all_failed = std::all_of(members.begin(), members.end(),
                                        [](const MemberView& member) { return reports(member, SessionState::failed); });
    if (all_failed) return failed(std::move(session), why_nobody_plays(members));
    if (session.programme.live) return session;  // its source ends it, or somebody
    const auto left = time_of(session.programme.frames - session.from_frame);
    // Who is out of reach plays on, so only time ends a session without its word. After a reboot of the coordinator's
    // machine that time is unknown: who played plays to the end, who rebooted too cannot join, and once all had the
    // time to come back their word must do. The new clock counts from the reboot.
    const bool same_clock = session.start->incarnation == now.incarnation;
    const bool overdue = same_clock && now.ns - session.start->ns > (left + end_grace).count();
    const bool given_up = !same_clock && now.ns > reboot_grace.count() && nobody_there_plays(members);
    if (all_over || overdue || given_up) session.phase = SessionPhase::ended;
    return session;
}

Error wrong_phase(const SessionRow& session, const std::string& verb) {
    static constexpr const char* names[] = {"preparing", "playing", "paused", "ended", "stopped", "failed"};
    return {ErrorCode::conflict,
            "session " + session.id.value + " is " + names[static_cast<int>(session.phase)] + " and cannot be " + verb};
}

}  // namespace

SessionRow step_session(SessionRow session, ClusterTime now, const std::vector<MemberView>& members) {
    if (session.phase == SessionPhase::preparing) return step_preparing(std::move(session), now, members);
    if (session.phase == SessionPhase::playing) return step_playing(std::move(session), now, members);
    return session;
}

FrameCount position_of(const SessionRow& session, ClusterTime now) {
    if (!session.start || session.start->incarnation != now.incarnation) return session.from_frame;
    const auto elapsed_ns = std::max<std::int64_t>(0, now.ns - session.start->ns);
    const auto frame = session.from_frame + elapsed_ns / 1000 * cluster_rate / 1'000'000;
    return session.programme.live ? frame : std::min(frame, session.programme.frames);
}

Result<SessionRow> pause_session(SessionRow session, ClusterTime now) {
    if (session.phase == SessionPhase::paused) return session;
    if (session.phase != SessionPhase::playing) return wrong_phase(session, "paused");
    session.from_frame = position_of(session, now);
    session.start.reset();
    session.phase = SessionPhase::paused;
    return session;
}

Result<SessionRow> resume_session(SessionRow session, ClusterTime now) {
    if (session.phase == SessionPhase::playing) return session;
    if (session.phase != SessionPhase::paused) return wrong_phase(session, "resumed");
    return started(std::move(session), now + start_lead);
}

Result<SessionRow> seek_session(SessionRow session, ClusterTime now, FrameCount frame) {
    if (!session.active()) return wrong_phase(session, "moved");
    if (session.programme.live)
        return Error{ErrorCode::conflict,
                     "session " + session.id.value + " plays a live source, which has no other place"};
    if (frame < 0 || frame >= session.programme.frames)
        return Error{ErrorCode::invalid, "frame " + std::to_string(frame) + " is outside the programme's " +
                                             std::to_string(session.programme.frames) + " frames of 1/48000 s"};
    session.from_frame = frame;
    if (session.phase == SessionPhase::playing) session.start = now + start_lead;
    return session;
}

Result<SessionRow> set_open_door(SessionRow session, const std::optional<OpenDoor>& door) {
    if (!session.active()) return wrong_phase(session, door ? "opened to others" : "shut to others");
    if (!session.programme.live)
        return Error{ErrorCode::conflict, "session " + session.id.value +
                                              " plays a file, which each worker has; only a live source is sent"};
    constexpr std::uint16_t port_max = 65'534;
    if (door && (door->port < 1 || door->port > port_max))
        return Error{ErrorCode::invalid, "port " + std::to_string(door->port) +
                                             " is not from 1 to 65534: the stream takes it, and its reports the next"};
    session.open_door = door;
    return session;
}

SessionRow open_source(SessionRow session, const LiveDoor& door, ClusterTime now) {
    auto& live = *session.programme.live;
    live.door = door;
    if (session.phase == SessionPhase::playing && live.begins->incarnation != now.incarnation)
        return started(std::move(session), now + start_lead);
    return session;
}

SessionRow end_source(SessionRow session, const std::string& failure) {
    if (!failure.empty()) return failed(std::move(session), failure);
    session.phase = SessionPhase::ended;
    session.prepared_by.reset();
    return session;
}

SessionRow stop_session(SessionRow session, ClusterTime now) {
    if (!session.active()) return session;
    session.from_frame = position_of(session, now);
    session.phase = SessionPhase::stopped;
    session.start.reset();
    session.prepared_by.reset();
    return session;
}

}  // namespace antiphon::core
