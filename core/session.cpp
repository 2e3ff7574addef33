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

SessionRow started(SessionRow session, ClusterTime start) {
    session.phase = SessionPhase::playing;
    session.start = start;
    session.prepared_by.reset();
    return session;
}

bool is_past(const std::optional<ClusterTime>& deadline, ClusterTime now) {
    if (!deadline) return false;
    return deadline->incarnation != now.incarnation || now.ns >= deadline->ns;
}

Duration length_of(FrameCount frames) { return Duration{frames * 1'000'000'000 / cluster_rate}; }

SessionRow step_preparing(SessionRow session, ClusterTime now, const std::vector<MemberView>& members) {
    const bool any_ready = std::any_of(members.begin(), members.end(), can_play);
    const bool any_online = std::any_of(members.begin(), members.end(), [](const auto& m) { return m.online; });
    const bool late = is_past(session.prepared_by, now);
    if (any_ready && (late || all_settled(members))) return started(std::move(session), now + start_lead);
    if (late || (any_online && all_settled(members))) return failed(std::move(session), why_nobody_plays(members));
    return session;
}

SessionRow step_playing(SessionRow session, ClusterTime now, const std::vector<MemberView>& members) {
    const bool all_over = std::all_of(members.begin(), members.end(), is_over);
    const bool all_failed = std::all_of(members.begin(), members.end(),
                                        [](const MemberView& member) { return reports(member, SessionState::failed); });
    if (all_failed) return failed(std::move(session), why_nobody_plays(members));
    const auto left = length_of(session.programme.frames - session.from_frame);
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
    return std::min(frame, session.programme.frames);
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
    if (frame < 0 || frame >= session.programme.frames)
        return Error{ErrorCode::invalid, "frame " + std::to_string(frame) + " is outside the programme's " +
                                             std::to_string(session.programme.frames) + " frames of 1/48000 s"};
    session.from_frame = frame;
    if (session.phase == SessionPhase::playing) session.start = now + start_lead;
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
