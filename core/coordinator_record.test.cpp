// Recordings that end by themselves, and marks.
#include <gtest/gtest.h>

#include <cmath>

#include "core/coordinator_bench.test.hpp"

namespace antiphon::core {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

RecordRequest for_a_while(Duration length) { return {{"hall/mic"}, length, ""}; }

struct Record : testing::Test {
    Bench bench;
    WorkerId hall = bench.join("hall");

    RecordingPhase phase_of(const RecordingId& id) const { return bench.state.recordings.find(id)->phase; }
    void pass(Duration time) {
        bench.now = bench.now + time;
        bench.tick();
    }
};

TEST_F(Record, EndsWhenItsTimeIsOverAndTheWorkerKnowsWhen) {
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(2)));
    ASSERT_TRUE(recording.ends);
    EXPECT_EQ(bench.published(hall)->document.recordings.front().ends, recording.ends->at);
    EXPECT_EQ(recording.ends->at.ns, bench.now.ns + Duration(hours(2)).count());
    pass(hours(2) - seconds(1));
    EXPECT_EQ(phase_of(recording.id), RecordingPhase::recording);
    pass(seconds(1));
    EXPECT_EQ(phase_of(recording.id), RecordingPhase::stopping);
    EXPECT_EQ(bench.announced(), "recording.stopping");
    EXPECT_TRUE(bench.published(hall)->document.recordings.front().stopped);
}

// I18: whatever the wall shows, as long as the clock goes on that it was begun by.
TEST_F(Record, NoCalendarMovesItsEnd) {
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(2)));
    bench.take(CalendarTick{WallTime{0} + hours(24 * 3653)});
    bench.take(ClusterTick{WallTime{0} + hours(24 * 3653)});
    EXPECT_EQ(phase_of(recording.id), RecordingPhase::recording);
}

TEST_F(Record, EndsByTheCalendarWhereItsMachineBeganAnew) {
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(2)));
    bench.now = {5};
    bench.take(CoordinatorStarted{{8}, WallTime{0} + hours(1)});
    bench.take(ClusterTick{WallTime{0} + hours(2) - seconds(1)});
    EXPECT_EQ(phase_of(recording.id), RecordingPhase::recording);
    bench.take(ClusterTick{WallTime{0} + hours(2)});
    EXPECT_EQ(phase_of(recording.id), RecordingPhase::stopping);
}

TEST_F(Record, ALengthThatIsNoneIsRefused) {
    for (const Duration length : {Duration(-1), Duration(0), Duration(seconds(1)) - Duration(1), Duration(hours(9000))})
        EXPECT_EQ(bench.refused(for_a_while(length)).code, ErrorCode::invalid) << length.count();
}

TEST_F(Record, OnSoundIsInTheWorkersDocument) {
    const SoundTrigger trigger{-35, 500, 3000};
    const auto recording = bench.ask<RecordingRow>(RecordRequest{{"hall/mic"}, {}, "", trigger});
    EXPECT_EQ(recording.on_sound, trigger);
    EXPECT_EQ(bench.published(hall)->document.recordings.front().on_sound, trigger);
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    for (const auto& wrong : {SoundTrigger{1, 500, 3000}, SoundTrigger{-101, 500, 3000}, SoundTrigger{NAN, 500, 3000},
                              SoundTrigger{-35, -1, 3000}, SoundTrigger{-35, 10'001, 3000}, SoundTrigger{-35, 500, 999},
                              SoundTrigger{-35, 500, 600'001}})
        EXPECT_EQ(bench.refused(RecordRequest{{"hall/mic"}, {}, "", wrong}).code, ErrorCode::invalid)
            << wrong.level_db << " " << wrong.pre_roll_ms << " " << wrong.hold_ms;
}

// What is finished and on its way here keeps nobody from the next.
TEST_F(Record, AnInputIsFreeAgainWhenItsRecordingIsStopped) {
    const auto first = bench.ask<RecordingRow>(for_a_while(hours(1)));
    EXPECT_EQ(bench.refused(for_a_while(hours(1))).code, ErrorCode::conflict);
    bench.ask<RecordingRow>(RecordStopRequest{first.id});
    const auto second = bench.ask<RecordingRow>(for_a_while(hours(1)));
    EXPECT_EQ(bench.published(hall)->document.recordings.size(), 2u);
    EXPECT_EQ(phase_of(second.id), RecordingPhase::recording);
}

TEST_F(Record, AMarkIsAMomentAndWhatIsThere) {
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(1)));
    pass(seconds(60));
    const auto mark = bench.ask<MarkRow>(MarkRequest{recording.id, "applause", seconds(5)});
    EXPECT_EQ(mark.at, (ClusterTime{{7}, Duration(seconds(55)).count()}));
    EXPECT_EQ(mark.asked_by, "ann");
    EXPECT_EQ(bench.announced(), "recording.marked");
    EXPECT_EQ(*bench.state.marks.find(mark.id), mark);
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    EXPECT_EQ(bench.refused(MarkRequest{recording.id, "now"}).code, ErrorCode::conflict);
    bench.ask<MarkRow>(MarkRequest{recording.id, "then", seconds(20)});
    bench.ask(MarkDeleteRequest{recording.id, mark.id});
    EXPECT_EQ(bench.state.marks.size(), 1u);
}

TEST_F(Record, AMarkOfNothingIsRefused) {
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(1)));
    EXPECT_EQ(bench.refused(MarkRequest{{"r99"}, "here"}).code, ErrorCode::not_found);
    for (const auto& text : {std::string(), std::string("two\nlines"), std::string(201, 'x')})
        EXPECT_EQ(bench.refused(MarkRequest{recording.id, text}).code, ErrorCode::invalid) << text;
    EXPECT_EQ(bench.refused(MarkRequest{recording.id, "then", seconds(-1)}).code, ErrorCode::invalid);
    EXPECT_EQ(bench.refused(MarkDeleteRequest{recording.id, {"m99"}}).code, ErrorCode::not_found);
    const auto mark = bench.ask<MarkRow>(MarkRequest{recording.id, "here"});
    EXPECT_EQ(bench.refused(MarkDeleteRequest{{"r99"}, mark.id}).code, ErrorCode::not_found);
}

TEST_F(Record, MarksHaveABoundAndGoWithTheirRecording) {
    bench.state.limits.finished_recordings = 0;
    const auto recording = bench.ask<RecordingRow>(for_a_while(hours(1)));
    for (std::size_t i = 0; i < marks_max; ++i) bench.ask<MarkRow>(MarkRequest{recording.id, "here"});
    EXPECT_EQ(bench.refused(MarkRequest{recording.id, "here"}).code, ErrorCode::exhausted);
    bench.ask<RecordingRow>(RecordStopRequest{recording.id});
    bench.take(TrackReceived{99, recording.id, {hall, "mic"}, 48000, 0, "sha", "hall-mic.flac", ""});
    bench.tick();
    EXPECT_EQ(bench.state.recordings.size(), 0u);
    EXPECT_EQ(bench.state.marks.size(), 0u);
}

}  // namespace
}  // namespace antiphon::core
