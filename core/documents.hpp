// The documents that travel: what the coordinator desires of a worker, and what a worker reports. Plain values;
// Boost.Describe's lists are their schema on the wire and in the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/bluetooth_words.hpp"
#include "core/ids.hpp"
#include "core/units.hpp"

namespace antiphon::core {

BOOST_DEFINE_ENUM_CLASS(LiveCodec, flac, opus)

// How to listen to a live source: told by its sender when it has opened it, another time each time.
struct LiveDoor {
    std::uint16_t port = 0;  // UDP, on the coordinator's address
    LiveCodec codec = LiveCodec::flac;
    int channels = 2;
    int packet_frames = 240;
    std::uint32_t ssrc = 0;  // and what else media::StreamIdentity has
    std::uint32_t repair_ssrc = 0;
    std::uint16_t first_sequence = 0;
    std::uint32_t first_timestamp = 0;
    std::string key;  // of SRTP, in hexadecimal digits: whoever has it may listen

    friend bool operator==(const LiveDoor&, const LiveDoor&) = default;
};
BOOST_DESCRIBE_STRUCT(LiveDoor, (),
                      (port, codec, channels, packet_frames, ssrc, repair_ssrc, first_sequence, first_timestamp, key))

// A source that is played as it comes, and has no end that is known.
struct LiveStream {
    std::string source;                   // as it was asked for: "tone:440"
    std::int64_t latency_ns = 0;          // from the source to the ear
    std::optional<LiveDoor> door;         // absent: not open yet
    std::optional<ClusterTime> begins;    // when frame 0 leaves its source; absent: not started yet
    std::optional<LiveCodec> codec = {};  // between our own nodes, as it was asked for; absent: FLAC

    friend bool operator==(const LiveStream&, const LiveStream&) = default;
};
BOOST_DESCRIBE_STRUCT(LiveStream, (), (source, latency_ns, door, begins, codec))

// What a session plays. A file is content-addressed, so every worker can check what it fetched; of a live stream there
// is no blob, and no frames are counted in advance.
struct Programme {
    BlobHash blob;
    std::uint64_t size_bytes = 0;
    FrameCount frames = 0;  // at cluster_rate
    std::string title;      // for people: the file's name
    std::optional<LiveStream> live = {};

    friend bool operator==(const Programme&, const Programme&) = default;
};
BOOST_DESCRIBE_STRUCT(Programme, (), (blob, size_bytes, frames, title, live))

// One session as one worker must render it.
struct DesiredSession {
    SessionId id;
    Programme programme;
    std::vector<std::string> outputs;  // of this worker
    std::optional<ClusterTime> start;  // when frame `from_frame` is heard; absent: get ready and wait
    FrameCount from_frame = 0;
    double volume = 1.0;  // 0..1, linear amplitude, multiplied with each output's

    friend bool operator==(const DesiredSession&, const DesiredSession&) = default;
};
BOOST_DESCRIBE_STRUCT(DesiredSession, (), (id, programme, outputs, start, from_frame, volume))

// Records only what is louder than this, with what was just before.
struct SoundTrigger {
    double level_db = -40;            // -100..0: RMS of 10 ms, against full scale (a sine of full scale has -3)
    std::int64_t pre_roll_ms = 2000;  // 0..10'000: kept of what was before
    std::int64_t hold_ms = 5000;      // 1000..600'000: until it is over, after what was loud

    friend bool operator==(const SoundTrigger&, const SoundTrigger&) = default;
};
BOOST_DESCRIBE_STRUCT(SoundTrigger, (), (level_db, pre_roll_ms, hold_ms))

struct DesiredRecording {
    RecordingId id;
    std::vector<std::string> inputs;       // of this worker
    bool stopped = false;                  // finish the files and hand them in
    std::optional<ClusterTime> ends = {};  // finish them then, also if nobody says so any more; absent: when stopped
    std::optional<SoundTrigger> on_sound = {};  // absent: all there is

    friend bool operator==(const DesiredRecording&, const DesiredRecording&) = default;
};
BOOST_DESCRIBE_STRUCT(DesiredRecording, (), (id, inputs, stopped, ends, on_sound))

struct DesiredOutput {
    std::string name;
    double volume = 1.0;  // 0..1, linear amplitude
    bool muted = false;
    std::optional<double> max_level = {};  // 0..1, linear: no sample is louder; absent: 1

    friend bool operator==(const DesiredOutput&, const DesiredOutput&) = default;
};
BOOST_DESCRIBE_STRUCT(DesiredOutput, (), (name, volume, muted, max_level))

// From a live input's capture until it leaves the coordinator: what its way there may take, with repairs.
inline constexpr Duration uplink_lead = std::chrono::milliseconds(60);

// An input that this worker sends to the coordinator as it comes: a session plays it.
struct DesiredUplink {
    SessionId id;  // of the session
    std::string input;
    LiveDoor door;       // the coordinator's, where it is heard
    ClusterTime begins;  // when frame 0 is captured

    friend bool operator==(const DesiredUplink&, const DesiredUplink&) = default;
};
BOOST_DESCRIBE_STRUCT(DesiredUplink, (), (id, input, door, begins))

// Everything that one worker shall be, at one generation (state rules 1 and 2).
struct DesiredDocument {
    Epoch epoch;
    Generation generation;
    std::string name;  // what the worker is called now
    std::vector<DesiredSession> sessions;
    std::vector<DesiredRecording> recordings;
    std::vector<DesiredOutput> outputs;
    std::vector<std::string> devices;  // shared ones that are this worker's to drive; no other has them in its document
    bool maintenance = false;  // give yourself up for maintenance as soon as you wait; never with a session beside it
    std::optional<std::vector<DesiredUplink>> uplinks = {};  // absent: none
    std::optional<std::vector<PairedOutput>> paired = {};    // outputs that it did not declare itself; absent: none

    friend bool operator==(const DesiredDocument&, const DesiredDocument&) = default;
};
BOOST_DESCRIBE_STRUCT(DesiredDocument, (),
                      (epoch, generation, name, sessions, recordings, outputs, devices, maintenance, uplinks, paired))

// The case study's states. Maintenance: waiting, and given up for maintenance until the desired state says otherwise.
BOOST_DEFINE_ENUM_CLASS(Activity, waiting, playing, recording, playing_and_recording, maintenance)

BOOST_DEFINE_ENUM_CLASS(SessionState, fetching, ready, playing, ended, failed)

// How well one output plays, as far as its board can tell.
struct OutputReport {
    std::string name;
    std::int64_t error_ns = 0;  // when it is heard against when it should be, by the board's own clocks; positive: late
    std::int64_t bound_ns = 0;  // how wrong cluster time may be there
    double correction_ppm = 0;  // of its rate, for the error's sake
    double device_ppm = 0;      // of the device's crystal against the board's
    std::int64_t ahead_ns = 0;  // sound that is decoded and waits to be rendered
    std::uint64_t late_frames = 0;         // silent since the session began here: their sound was not there in time
    std::uint64_t device_lost_frames = 0;  // the same: the device got nothing, or lost it
    std::uint64_t jumps = 0;               // of its position, beyond what is corrected unheard

    friend bool operator==(const OutputReport&, const OutputReport&) = default;
};
BOOST_DESCRIBE_STRUCT(OutputReport, (),
                      (name, error_ns, bound_ns, correction_ppm, device_ppm, ahead_ns, late_frames, device_lost_frames,
                       jumps))

// What a board received of a live stream, in packets, since it listens.
struct StreamReport {
    std::uint64_t arrived = 0;   // in time, each once
    std::uint64_t repaired = 0;  // of these: because they were asked for
    std::uint64_t asked = 0;     // how often one was
    std::uint64_t late = 0;      // came after their deadline
    std::uint64_t lost = 0;      // were not there at their deadline: concealed

    friend bool operator==(const StreamReport&, const StreamReport&) = default;
};
BOOST_DESCRIBE_STRUCT(StreamReport, (), (arrived, repaired, asked, late, lost))

struct SessionReport {
    SessionId id;
    SessionState state = SessionState::fetching;
    std::string reason;              // of `failed`, and of what is odd about `playing`
    FrameCount position_frames = 0;  // of the programme, at the report's stamp
    std::uint64_t lost_frames = 0;   // silence instead of programme, since the session started here
    std::optional<std::vector<OutputReport>> outputs = {};  // those that play it; absent: none does
    std::optional<StreamReport> stream = {};                // of a live one

    friend bool operator==(const SessionReport&, const SessionReport&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionReport, (), (id, state, reason, position_frames, lost_frames, outputs, stream))

BOOST_DEFINE_ENUM_CLASS(TrackState, recording, stored, uploaded, failed)

// Against full scale, of the last second. Silence has `silent_db`.
struct SoundLevel {
    double rms_db = 0;
    double peak_db = 0;

    friend bool operator==(const SoundLevel&, const SoundLevel&) = default;
};
BOOST_DESCRIBE_STRUCT(SoundLevel, (), (rms_db, peak_db))
inline constexpr double silent_db = -120;

// One input of one recording.
struct TrackReport {
    RecordingId id;
    std::string input;
    TrackState state = TrackState::recording;
    std::string reason;                    // of `failed`
    FrameCount frames = 0;                 // written so far
    std::uint64_t gap_frames = 0;          // elapsed but not recorded
    std::string sha256;                    // of the file, once stored
    std::optional<SoundLevel> level = {};  // of what comes in, while it records

    friend bool operator==(const TrackReport&, const TrackReport&) = default;
};
BOOST_DESCRIBE_STRUCT(TrackReport, (), (id, input, state, reason, frames, gap_frames, sha256, level))

// What a board drives: its inventory, declared by its command line or configuration.
struct Endpoint {
    std::string name;
    std::string device;
    std::string failure;  // empty: working
    // Of an output: from a frame that this board has got until it is heard. Absent: not known.
    std::optional<std::int64_t> latency_ns = {};

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
BOOST_DESCRIBE_STRUCT(Endpoint, (), (name, device, failure, latency_ns))

// One radio link, wherever it is reached from: only one board at a time may drive it (I5). A wired device is its
// board's own.
inline bool is_shared_device(std::string_view device) { return device.starts_with(bluetooth_prefix); }

struct ClockReport {
    bool synchronised = false;
    std::int64_t error_bound_ns = 0;  // of the map to cluster time
    double rate_ppm = 0;              // cluster rate against the local clock, minus one

    friend bool operator==(const ClockReport&, const ClockReport&) = default;
};
BOOST_DESCRIBE_STRUCT(ClockReport, (), (synchronised, error_bound_ns, rate_ppm))

// True on the worker at `stamp` (state rule 3, invariant I15).
struct ReportedDocument {
    Boot boot;
    std::uint64_t sequence = 0;  // of reports in this boot; orders them
    Epoch epoch;                 // the highest seen
    Generation applied;
    LocalTime stamp;
    Activity activity = Activity::waiting;
    ClockReport clock;
    std::vector<Endpoint> outputs;
    std::vector<Endpoint> inputs;
    std::vector<SessionReport> sessions;
    std::vector<TrackReport> tracks;
    std::optional<double> wakeups_per_s = {};       // of the worker's process, since the report before
    std::optional<BluetoothReport> bluetooth = {};  // absent: it drives none

    friend bool operator==(const ReportedDocument&, const ReportedDocument&) = default;
};
BOOST_DESCRIBE_STRUCT(ReportedDocument, (),
                      (boot, sequence, epoch, applied, stamp, activity, clock, outputs, inputs, sessions, tracks,
                       wakeups_per_s, bluetooth))

}  // namespace antiphon::core
