// Deliberate bugs, for one program only: antiphon-sim-mutants asks of each whether the simulator would have caught it.
// Everywhere else mutated() is constantly false, and the compiler removes what depends on it.
#pragma once

#include <boost/describe/enum.hpp>

namespace antiphon::core {

BOOST_DEFINE_ENUM_CLASS(Mutant, none,
                        stale_acknowledgement,  // a device is let go on a report of before
                        lease_by_name,          // a device's holder is known by its output's name
                        value_not_version,      // a worker takes any document that differs
                        missing_fence,          // a worker obeys an older epoch
                        late_copy_revives,      // a late report makes a stopped session play again
                        effect_before_persist,  // effects go out before the rows are stored
                        acknowledge_unsynced,   // what is in the page cache counts as durable
                        unbounded_queue,        // requests that wait for a worker have no bound
                        lost_tombstone,         // a new zone of an old name starts at version 1
                        wall_clock_deadline,    // an invitation ends by the wall clock
                        two_effects,            // a worker forgets which commands it has carried out
                        key_twice,              // a repeated Idempotency-Key is done again
                        older_than_stamp,       // a report says what was true before
                        old_report,             // a late report replaces a newer one
                        version_ignored,        // the second of two concurrent writes succeeds too
                        busy_maintenance,       // maintenance is granted by what is planned, without the worker's word
                        unpermitted,            // permissions are not looked at
                        lost_answer,            // a request that waits for a worker may have no end
                        restart_without_limit,  // an actor that fails is made anew for ever
                        door_left_open,         // whoever comes with a token that is over is let in
                        old_goodbye,            // of a connection that another has followed, it is believed
                        source_left_open,       // of a live session that is over
                        input_left_open,        // the same, of the board whose input it played
                        time_twice,             // a clock set back makes a schedule's time come true again
                        gap_too_short,          // a gap of a recording is told a block too short
                        released_unverified,    // what a board brings is not compared before the board may release it
                        row_before_data,        // a segment's row says that it is whole before its data are durable
                        named_before_data)      // the same of its file's name

#ifdef ANTIPHON_MUTANTS
// Of the thread: set by the program before each run. Aligned like a cache line, for mold 1.10 may lay out a program
// whose only thread-local variable is smaller so that it cannot be loaded ("additional memory protection after
// relocation").
alignas(64) inline thread_local Mutant current_mutant = Mutant::none;
inline bool mutated(Mutant mutant) { return current_mutant == mutant; }
#else
constexpr bool mutated(Mutant) { return false; }
#endif

}  // namespace antiphon::core
