// Schedules: each time once, whatever the clocks show and whoever is in the way.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/invariants.hpp"
#include "core/why.hpp"

namespace antiphon::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime today{1'800'000'000'000'000'000};
constexpr WallTime eight = today + hours(8);

struct Schedules : testing::Test {
    Bench bench;
    WorkerId hall = bench.join("hall");
    ScheduleId id;

    // Each day at eight, for an hour.
    void SetUp() override {
        show(today);
        id = bench.ask<ScheduleRow>(asked()).id;
    }
    static ScheduleRequest asked() {
        CalendarRule rule{"Europe/Berlin", {}, {Weekday::mon, Weekday::tue}, 8 * 3600};
        return {{"hall/mic"}, "morning", rule, hours(1), eight};
    }
    void show(WallTime wall) { bench.take(CalendarTick{wall}); }
    // Time passes, and the wall clock with it.
    void pass(Duration time) {
        bench.now = bench.now + time;
        show(bench.state.calendar.on(bench.now));
    }
    std::optional<WallTime> wanted_after() const {
        for (const auto& effect : bench.effects)
            if (const auto* find = std::get_if<FindOccurrence>(&effect)) return find->after;
        return std::nullopt;
    }
    void found(std::optional<WallTime> next) { bench.take(OccurrenceFound{id, next}); }
    const ScheduleRow& row() const { return *bench.state.schedules.find(id); }
    std::vector<RecordingRow> recordings() const {
        std::vector<RecordingRow> rows;
        for (const auto& [key, recording] : bench.state.recordings.rows()) rows.push_back(*recording);
        return rows;
    }
};

TEST_F(Schedules, BeginWhenTheirTimeHasComeAndAskForTheNext) {
    pass(hours(8) - seconds(1));
    EXPECT_TRUE(recordings().empty());
    pass(seconds(1));
    ASSERT_EQ(recordings().size(), 1u);
    const auto recording = recordings().front();
    EXPECT_EQ(recording.title, "morning");
    EXPECT_EQ(recording.schedule, id);
    EXPECT_EQ(recording.ends->at.ns, bench.now.ns + Duration(hours(1)).count());
    EXPECT_EQ(row().last->recording, recording.id);
    EXPECT_EQ(wanted_after(), eight);
    found(eight + hours(24));
    EXPECT_EQ(row().next, eight + hours(24));
    pass(seconds(1));
    EXPECT_EQ(recordings().size(), 1u);
}

TEST_F(Schedules, AnAnswerThatIsLostIsAskedForAgain) {
    pass(hours(8));
    ASSERT_TRUE(wanted_after());
    pass(seconds(1));
    EXPECT_EQ(wanted_after(), eight + seconds(1));
}

TEST_F(Schedules, ALateOneRecordsWhatIsLeftAndOneThatIsOverIsMissed) {
    pass(hours(8) + minutes(40));
    EXPECT_EQ(recordings().front().ends->at.ns, bench.now.ns + Duration(minutes(20)).count());
    found(eight + hours(24));
    pass(hours(26));
    EXPECT_EQ(recordings().size(), 1u);
    EXPECT_EQ(bench.announced(), "schedule.missed");
    EXPECT_FALSE(row().last->recording);
    EXPECT_TRUE(wanted_after());
}

TEST_F(Schedules, InputsThatAreTakenDoNotKeepTheOthersFromBeingRecorded) {
    bench.join("attic");
    auto both = asked();
    both.from = {"all"};
    const auto second = bench.ask<ScheduleRow>(both).id;
    bench.ask(ScheduleDeleteRequest{id});
    const auto other = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    pass(hours(8));
    ASSERT_EQ(recordings().size(), 2u);
    const auto& last = *bench.state.schedules.find(second)->last;
    EXPECT_NE(last.recording, other.id);
    EXPECT_NE(last.problem.find("hall/mic is already recorded by " + other.id.value), std::string::npos);
}

TEST_F(Schedules, WhileAllInputsAreTakenItWaitsAndSaysSoOnce) {
    const auto other = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    pass(hours(8));
    EXPECT_EQ(bench.announced(), "schedule.waiting");
    EXPECT_NE(explain(bench.state, id.value, bench.now)->verdict.find("it waits: hall/mic is already recorded"),
              std::string::npos);
    pass(minutes(10));
    EXPECT_EQ(bench.announced(), "");
    bench.ask<RecordingRow>(RecordStopRequest{other.id});
    pass(seconds(1));
    ASSERT_TRUE(row().last->recording);
    const auto* begun = bench.state.recordings.find(*row().last->recording);
    EXPECT_EQ(begun->ends->at.ns, bench.now.ns + Duration(minutes(50) - seconds(1)).count());
}

TEST_F(Schedules, WhatWasInTheWayUntilItsEndIsTheReasonWhyItWasMissed) {
    bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}});
    pass(hours(8));
    pass(hours(1));
    EXPECT_EQ(bench.announced(), "schedule.missed");
    EXPECT_NE(bench.news().find("already recorded"), std::string::npos) << bench.news();
}

TEST_F(Schedules, AClockThatIsSetBackMakesNoTimeComeTrueTwice) {
    pass(hours(8) + seconds(10));
    found(eight + hours(24));
    bench.ask<RecordingRow>(RecordStopRequest{*row().last->recording});
    const auto before = bench.state;
    show(eight - minutes(1));
    EXPECT_EQ(wanted_after(), eight - minutes(1)) << "the calendar is another";
    found(eight);
    EXPECT_EQ(wanted_after(), eight) << "that one was recorded";
    found(eight + hours(24));
    pass(minutes(2));
    EXPECT_EQ(recordings().size(), 1u);
    EXPECT_EQ(check_coordinator_progress(before, bench.state), std::nullopt);
}

// The battery of a board's clock was empty, or somebody mistyped a year.
TEST_F(Schedules, AWrongYearThatIsCorrectedLosesNothing) {
    show(today + hours(24 * 3653));
    EXPECT_EQ(bench.announced(), "schedule.missed");
    found(std::nullopt);
    EXPECT_TRUE(row().over);
    show(today + hours(1));
    EXPECT_EQ(wanted_after(), today + hours(1));
    found(eight);
    EXPECT_FALSE(row().over);
    pass(hours(7));
    EXPECT_EQ(recordings().size(), 1u);
}

TEST_F(Schedules, AnotherLifeOfTheCoordinatorAsksAnewAndForgetsNoTimeThatIsDue) {
    bench.take(CoordinatorStarted{{7}, today + hours(2)});
    EXPECT_EQ(wanted_after(), today + hours(2));
    found(eight + hours(1));
    EXPECT_EQ(row().next, eight + hours(1)) << "the zone's rules have changed";
    bench.take(CoordinatorStarted{{7}, eight + hours(1) + minutes(5)});
    EXPECT_FALSE(wanted_after());
    show(eight + hours(1) + minutes(5));
    EXPECT_EQ(recordings().size(), 1u);
}

TEST_F(Schedules, ABoardThatIsReplacedIsReplacedInThemToo) {
    bench.ask<InvitationRow>(InviteRequest{"new", "hall"});
    const auto successor = bench.ask<WorkerRow>(JoinRequest{"new", "hall", "key", 1, "c", "p", ""}).id;
    EXPECT_EQ(row().from, (std::vector<EndpointId>{{successor, "mic"}}));
    bench.take(WorkerMessage{successor, {{}, Alive{false}}});
    bench.ask(WorkerRemoveRequest{"hall"});
    EXPECT_TRUE(row().from.empty());
    pass(hours(8));
    EXPECT_EQ(bench.announced(), "schedule.waiting");
    EXPECT_NE(bench.news().find("removed"), std::string::npos);
}

TEST_F(Schedules, HaveABoundAndRefuseWhatCannotBe) {
    auto endless = asked();
    endless.length = hours(9000);
    EXPECT_EQ(bench.refused(endless).code, ErrorCode::invalid);
    auto nowhere = asked();
    nowhere.from = {"nowhere/mic"};
    EXPECT_EQ(bench.refused(nowhere).code, ErrorCode::not_found);
    EXPECT_EQ(bench.refused(ScheduleDeleteRequest{{"p99"}}).code, ErrorCode::not_found);
    while (bench.state.schedules.size() < schedules_max) bench.ask<ScheduleRow>(asked());
    EXPECT_EQ(bench.refused(asked()).code, ErrorCode::exhausted);
    bench.ask(ScheduleDeleteRequest{id});
    bench.ask<ScheduleRow>(asked());
}

}  // namespace
}  // namespace antiphon::core
