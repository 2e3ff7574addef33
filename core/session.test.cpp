// Laws of a session's life.
#include "core/session.hpp"

#include <gtest/gtest.h>

namespace antiphon::core {
namespace {

constexpr ClusterTime at(std::int64_t ms) { return {{1}, ms * 1'000'000}; }

SessionRow preparing() {
    SessionRow session;
    session.id = {"s1"};
    session.programme.frames = 10 * cluster_rate;
    session.prepared_by = at(10'000);
    return session;
}

MemberView member(bool online, std::optional<SessionState> state = {}) {
    MemberView view{"hall", online, {}};
    if (state) view.report = SessionReport{{"s1"}, *state, "no such device", 0, 0};
    return view;
}

SessionRow playing() { return step_session(preparing(), at(0), {member(true, SessionState::ready)}); }

TEST(Session, StartsForAllWhenEverybodyOnlineIsReady) {
    EXPECT_EQ(step_session(preparing(), at(0), {member(true, SessionState::ready), member(true)}).phase,
              SessionPhase::preparing);
    const auto started = step_session(preparing(), at(5), {member(true, SessionState::ready), member(false)});
    EXPECT_EQ(started.phase, SessionPhase::playing);
    EXPECT_EQ(*started.start, at(5) + start_lead);
}

TEST(Session, DoesNotWaitForTheLateForEver) {
    const std::vector<MemberView> members{member(true, SessionState::ready), member(true, SessionState::fetching)};
    EXPECT_EQ(step_session(preparing(), at(9'999), members).phase, SessionPhase::preparing);
    EXPECT_EQ(step_session(preparing(), at(10'000), members).phase, SessionPhase::playing);
}

TEST(Session, FailsWithEachReasonWhenNobodyCanPlay) {
    const auto failed = step_session(preparing(), at(1), {member(true, SessionState::failed)});
    EXPECT_EQ(failed.phase, SessionPhase::failed);
    EXPECT_EQ(failed.reason, "hall: no such device");
    EXPECT_EQ(step_session(preparing(), at(10'000), {member(false)}).reason, "hall: offline");
}

TEST(Session, EndsWhenAllHaveEndedOrLongAfterItShould) {
    const auto session = playing();
    EXPECT_EQ(step_session(session, at(9'000), {member(true, SessionState::playing)}).phase, SessionPhase::playing);
    EXPECT_EQ(step_session(session, at(10'700), {member(true, SessionState::ended)}).phase, SessionPhase::ended);
    EXPECT_EQ(step_session(session, at(15'599), {member(true)}).phase, SessionPhase::playing);
    EXPECT_EQ(step_session(session, at(15'601), {member(true)}).phase, SessionPhase::ended);
}

// Out of reach is not over: that member plays on, and its document must go on naming the session.
TEST(Session, IsNotEndedForTheMemberThatIsOutOfReach) {
    for (const auto word : {SessionState::failed, SessionState::ended}) {
        const std::vector<MemberView> members{member(true, word), member(false)};
        EXPECT_EQ(step_session(playing(), at(3'000), members).phase, SessionPhase::playing);
        EXPECT_EQ(step_session(playing(), at(15'601), members).phase, SessionPhase::ended);
    }
}

// After a reboot of the coordinator's machine the old start means nothing: who played plays on, who rebooted cannot.
TEST(Session, OnAnotherClockEndsOnceNobodyThatIsBackPlays) {
    const ClusterTime soon{{2}, 1'000'000'000};
    const ClusterTime later{{2}, reboot_grace.count() + 1};
    const auto waits = member(true, SessionState::ready);
    EXPECT_EQ(step_session(playing(), soon, {waits}).phase, SessionPhase::playing);
    EXPECT_EQ(step_session(playing(), later, {waits}).phase, SessionPhase::ended);
    EXPECT_EQ(step_session(playing(), later, {waits, member(false)}).phase, SessionPhase::ended);
    EXPECT_EQ(step_session(playing(), later, {waits, member(true, SessionState::playing)}).phase,
              SessionPhase::playing);
    EXPECT_EQ(step_session(playing(), later, {waits, member(true)}).phase, SessionPhase::playing) << "not heard yet";
    EXPECT_EQ(step_session(playing(), later, {member(false)}).phase, SessionPhase::playing);
}

TEST(Session, ResumesWhereItWasPaused) {
    const auto paused = pause_session(playing(), at(2'600));
    ASSERT_TRUE(paused);
    EXPECT_EQ(paused->from_frame, 2 * cluster_rate);
    EXPECT_FALSE(paused->start);
    const auto resumed = resume_session(*paused, at(9'000));
    EXPECT_EQ(*resumed->start, at(9'000) + start_lead);
    EXPECT_EQ(position_of(*resumed, at(9'600)), 2 * cluster_rate);
}

TEST(Session, SeeksOnlyWithinTheProgramme) {
    EXPECT_EQ(seek_session(playing(), at(1'000), 480)->from_frame, 480);
    EXPECT_EQ(seek_session(playing(), at(1'000), 10 * cluster_rate).error().code, ErrorCode::invalid);
    EXPECT_EQ(seek_session(playing(), at(1'000), -1).error().code, ErrorCode::invalid);
}

TEST(Session, WhatIsOverStaysOver) {
    const auto stopped = stop_session(playing(), at(2'600));
    EXPECT_EQ(stopped.phase, SessionPhase::stopped);
    EXPECT_EQ(position_of(stopped, at(9'000)), 2 * cluster_rate) << "how far it came";
    EXPECT_FALSE(pause_session(stopped, at(1)));
    EXPECT_FALSE(resume_session(stopped, at(1)));
    EXPECT_FALSE(seek_session(stopped, at(1), 0));
    EXPECT_EQ(step_session(stopped, at(1), {member(true, SessionState::playing)}).phase, SessionPhase::stopped);
    EXPECT_EQ(stop_session(stopped, at(1)).phase, SessionPhase::stopped);
}

TEST(Session, PositionNeedsTheClockItStartedOn) {
    const auto session = playing();
    EXPECT_EQ(position_of(session, {{2}, 5'000'000'000}), session.from_frame);
    EXPECT_EQ(position_of(session, at(60'000)), session.programme.frames);
}

constexpr Duration latency = std::chrono::milliseconds(100);

SessionRow live_preparing(bool open = true) {
    auto session = preparing();
    session.programme.frames = 0;
    session.programme.live = LiveStream{"tone:440", latency.count(), {}, {}};
    if (open) session.programme.live->door = LiveDoor{};
    return session;
}
SessionRow live_playing() { return step_session(live_preparing(), at(0), {member(true, SessionState::ready)}); }

TEST(LiveSession, WaitsForItsSourceAndFailsWithoutIt) {
    const std::vector<MemberView> ready{member(true, SessionState::ready)};
    EXPECT_EQ(step_session(live_preparing(false), at(9'999), ready).phase, SessionPhase::preparing);
    const auto failed = step_session(live_preparing(false), at(10'000), ready);
    EXPECT_EQ(failed.phase, SessionPhase::failed);
    EXPECT_EQ(failed.reason, "its source was not opened in time");
}

TEST(LiveSession, IsHeardALatencyAfterItsSourceBegins) {
    const auto session = live_playing();
    EXPECT_EQ(session.phase, SessionPhase::playing);
    EXPECT_EQ(*session.programme.live->begins, at(0) + start_lead);
    EXPECT_EQ(*session.start, at(0) + start_lead + latency);
    EXPECT_EQ(session.from_frame, 0);
    EXPECT_EQ(position_of(session, *session.start + std::chrono::hours(1000)), 3600'000 * FrameCount{cluster_rate});
}

TEST(LiveSession, HasNoEndOfItsOwn) {
    const ClusterTime late{{1}, std::chrono::nanoseconds(std::chrono::hours(10'000)).count()};
    EXPECT_EQ(step_session(live_playing(), late, {member(true, SessionState::playing)}).phase, SessionPhase::playing);
    EXPECT_EQ(step_session(live_playing(), late, {member(false)}).phase, SessionPhase::playing);
    EXPECT_EQ(step_session(live_playing(), late, {member(true, SessionState::failed)}).phase, SessionPhase::failed);
    EXPECT_EQ(end_source(live_playing(), "").phase, SessionPhase::ended);
    EXPECT_EQ(end_source(live_playing(), "gone").reason, "gone");
}

// The source has gone on meanwhile; each frame has one time at which it is heard, to the nanosecond.
TEST(LiveSession, ResumesAtThePresentOnTheSameTimeline) {
    const auto begins = *live_playing().programme.live->begins;
    for (const std::int64_t paused_ms : {2'000, 2'007, 61'111}) {
        const auto paused = pause_session(live_playing(), at(paused_ms));
        ASSERT_TRUE(paused);
        const auto resumed = resume_session(*paused, at(paused_ms + 333));
        ASSERT_TRUE(resumed);
        EXPECT_EQ(resumed->programme.live->begins, begins);
        const auto heard = begins + latency + Duration{resumed->from_frame / 3 * 62'500};
        EXPECT_EQ(*resumed->start, heard);
        EXPECT_EQ(resumed->from_frame % 3, 0);
        const auto wanted = at(paused_ms + 333) + start_lead;
        EXPECT_LE(resumed->start->ns, wanted.ns);
        EXPECT_GT(resumed->start->ns, wanted.ns - 62'500);
    }
}

TEST(LiveSession, CannotBeMovedToAnotherPlace) {
    const auto moved = seek_session(live_playing(), at(2'000), 48'000);
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, ErrorCode::conflict);
}

TEST(LiveSession, OpenedAgainGoesOnUnlessTheClockIsAnother) {
    const auto again = open_source(live_playing(), LiveDoor{.port = 9}, at(5'000));
    EXPECT_EQ(again.programme.live->door->port, 9);
    EXPECT_EQ(again.start, live_playing().start);
    const ClusterTime rebooted{{2}, 70'000'000};
    const auto anew = open_source(live_playing(), LiveDoor{.port = 9}, rebooted);
    EXPECT_EQ(*anew.programme.live->begins, rebooted + start_lead);
    EXPECT_EQ(*anew.start, rebooted + start_lead + latency);
    EXPECT_EQ(anew.from_frame, 0);
}

}  // namespace
}  // namespace antiphon::core
