// Laws of a worker's word about a session.
#include "apps/worker/session_report.hpp"

#include <gtest/gtest.h>

namespace antiphon::worker {
namespace {

using core::SessionState;

core::SessionReport of(const std::vector<Output::View>& views) { return report_on({"s1"}, views); }

TEST(SessionReport, PlaysWhereOneOutputPlays) {
    const auto report = of({{SessionState::failed, "unplugged", 0, 0}, {SessionState::playing, "", 480, 7}});
    EXPECT_EQ(report.id.value, "s1");
    EXPECT_EQ(report.state, SessionState::playing);
    EXPECT_EQ(report.reason, "unplugged");
    EXPECT_EQ(report.position_frames, 480);
    EXPECT_EQ(report.lost_frames, 7U);
}

TEST(SessionReport, HasFailedWhenNoneCanPlayAnyMore) {
    EXPECT_EQ(of({{SessionState::failed, "unplugged", 0, 0}, {SessionState::ended, "", 0, 0}}).state,
              SessionState::failed);
    EXPECT_EQ(of({}).state, SessionState::failed);
    EXPECT_NE(of({}).reason, "");
}

TEST(SessionReport, AnOddThingIsNoFailure) {
    const auto report = of({{SessionState::ended, "unplugged a moment ago", 0, 0}});
    EXPECT_EQ(report.state, SessionState::ended);
    EXPECT_EQ(report.reason, "unplugged a moment ago");
}

TEST(SessionReport, IsReadyWhenAllAre) {
    EXPECT_EQ(of({{SessionState::ready, "", 0, 0}, {SessionState::fetching, "", 0, 0}}).state, SessionState::fetching);
    EXPECT_EQ(of({{SessionState::ready, "", 0, 0}, {SessionState::ready, "", 0, 0}}).state, SessionState::ready);
}

TEST(SessionReport, TellsHowWellEachOutputSounds) {
    const auto report =
        of({{SessionState::playing, "", 480, 7, core::OutputReport{.name = "left", .error_ns = 1200}},
            {SessionState::failed, "unplugged", 0, 0},
            {SessionState::playing, "", 480, 0, core::OutputReport{.name = "right", .late_frames = 9}}});
    ASSERT_TRUE(report.outputs);
    ASSERT_EQ(report.outputs->size(), 2U);
    EXPECT_EQ(report.outputs->front().error_ns, 1200);
    EXPECT_EQ(report.outputs->back().late_frames, 9U);
    EXPECT_FALSE(of({{SessionState::ready, "", 0, 0}}).outputs) << "nothing sounds";
}

}  // namespace
}  // namespace antiphon::worker
