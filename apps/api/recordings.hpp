// What the HTTP API says and takes of recordings, their marks and schedules; apps/api/views.hpp has the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/rows.hpp"

namespace antiphon::api {

struct TrackView {
    std::string input;
    std::string state;  // core::TrackState
    std::string reason;
    std::int64_t frames = 0;
    std::uint64_t gap_frames = 0;
    std::string sha256;
    std::string id;                              // GET /v1/recordings/ID/tracks/TRACK/segments tells what is here of it
    std::optional<core::SoundLevel> level = {};  // while it records
};
BOOST_DESCRIBE_STRUCT(TrackView, (), (input, state, reason, frames, gap_frames, sha256, id, level))

struct RecordingView {
    std::string id;
    std::string phase;  // core::RecordingPhase
    std::vector<TrackView> tracks;
    core::WallTime created;
    std::optional<std::string> title = {};
    std::optional<core::WallTime> ends = {};          // by itself; absent: when it is stopped
    std::optional<std::string> schedule = {};         // that began it
    std::optional<core::SoundTrigger> on_sound = {};  // absent: it records all there is
};
BOOST_DESCRIBE_STRUCT(RecordingView, (), (id, phase, tracks, created, title, ends, schedule, on_sound))

struct LevelView {
    std::string input;
    core::SoundLevel level;  // of its last second
};
BOOST_DESCRIBE_STRUCT(LevelView, (), (input, level))

// Of all that is recorded at the moment.
struct LevelsView {
    std::vector<LevelView> levels;
};
BOOST_DESCRIBE_STRUCT(LevelsView, (), (levels))

struct MarkView {
    std::string id;
    std::string text;
    core::WallTime time;
    std::uint64_t incarnation = 0;  // of the cluster clock, by which
    std::int64_t at_ns = 0;         // it is this time: a manifest's origin_ns is of the same
    std::string asked_by;           // a token's name
};
BOOST_DESCRIBE_STRUCT(MarkView, (), (id, text, time, incarnation, at_ns, asked_by))

struct ScheduleRunView {
    core::WallTime time;
    std::optional<std::string> recording;  // absent: none was begun
    std::string problem;                   // why, or what is missing of it
};
BOOST_DESCRIBE_STRUCT(ScheduleRunView, (), (time, recording, problem))

struct ScheduleView {
    std::string id;
    std::string title;
    std::vector<std::string> from;
    std::string at;                   // "20:00"
    std::optional<std::string> date;  // "2026-12-24"; absent: each of
    std::vector<core::Weekday> days;
    std::string zone;  // of the IANA database
    std::int64_t for_s = 0;
    std::optional<core::WallTime> next;
    std::optional<ScheduleRunView> last;
    bool over = false;  // no time is left
    core::WallTime created;
    std::optional<core::SoundTrigger> on_sound = {};
};
BOOST_DESCRIBE_STRUCT(ScheduleView, (),
                      (id, title, from, at, date, days, zone, for_s, next, last, over, created, on_sound))

struct RecordingsView {
    std::vector<RecordingView> recordings;
};
BOOST_DESCRIBE_STRUCT(RecordingsView, (), (recordings))

struct MarksView {
    std::vector<MarkView> marks;  // by time
};
BOOST_DESCRIBE_STRUCT(MarksView, (), (marks))

struct SchedulesView {
    std::vector<ScheduleView> schedules;
};
BOOST_DESCRIBE_STRUCT(SchedulesView, (), (schedules))

// ---- what is asked

// Only what is louder than a level; what is absent is as core::SoundTrigger has it.
struct OnSoundBody {
    std::optional<double> level_db = {};    // -100..0, against full scale
    std::optional<double> pre_roll_s = {};  // 0..10
    std::optional<double> hold_s = {};      // 1..600
};
BOOST_DESCRIBE_STRUCT(OnSoundBody, (), (level_db, pre_roll_s, hold_s))

struct RecordBody {
    std::vector<std::string> from;
    std::optional<double> for_s = {};  // 1 s to 366 days; absent: until it is stopped
    std::optional<std::string> title = {};
    std::optional<OnSoundBody> on_sound = {};  // absent: all there is
};
BOOST_DESCRIBE_STRUCT(RecordBody, (), (from, for_s, title, on_sound))

struct MarkBody {
    std::string text;
    std::optional<double> ago_s = {};  // how long the moment is past; absent: now
};
BOOST_DESCRIBE_STRUCT(MarkBody, (), (text, ago_s))

struct ScheduleBody {
    std::vector<std::string> from;
    std::string at;                        // "20:00" or "20:00:30"
    std::optional<std::string> date = {};  // "2026-12-24", or
    std::vector<core::Weekday> days = {};  // each of these
    std::optional<std::string> zone = {};  // of the IANA database; absent: the coordinator's own
    std::int64_t for_s = 0;
    std::optional<std::string> title = {};
    std::optional<OnSoundBody> on_sound = {};
};
BOOST_DESCRIBE_STRUCT(ScheduleBody, (), (from, at, date, days, zone, for_s, title, on_sound))

}  // namespace antiphon::api
