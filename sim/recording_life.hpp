// The life of a track, simulated: a board records it onto a hostile disk, dies, loses its power, mends what is there
// and records on, and brings its segments over a bad line to a coordinator whose disk is no better. The recorder, the
// mending and the taking in are those of production; a frame is a millisecond, so that a minute takes one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace antiphon::sim {

struct RecordingCounters {
    std::uint64_t kills = 0;       // of the board's process
    std::uint64_t power_cuts = 0;  // of the board
    std::uint64_t refusals = 0;    // of its disk
    std::uint64_t quiet = 0;       // stretches that were left out
    std::uint64_t missed = 0;      // stretches that never came
    std::uint64_t released = 0;    // segments
    std::uint64_t broken_off = 0;  // uploads, to be gone on with
    std::uint64_t damaged = 0;     // uploads
    std::uint64_t shelf_cuts = 0;  // of the coordinator's power

    void add(const RecordingCounters& other);
};

struct RecordingOutcome {
    std::uint64_t seed = 0;
    std::optional<std::string> broken;  // the first law that did not hold
    RecordingCounters counters;
};

// Deterministic. The laws: what was captured is in the segments at the coordinator, to the sample, or told as a gap
// (I13), but for what a death may take of the end of a life: 0.1 s, with the power 1 s; what a board has released is
// there, whatever happens to the power there.
RecordingOutcome run_recording(std::uint64_t seed);

// Sums over many runs.
struct RecordingSweep {
    std::uint64_t runs = 0;
    std::uint64_t failures = 0;
    RecordingCounters total;

    void add(const RecordingOutcome& outcome);
    // What was too little exercised to mean anything; nothing: it was enough.
    std::optional<std::string> too_little() const;
};

}  // namespace antiphon::sim
