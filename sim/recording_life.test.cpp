// Laws of the simulated recording: it replays, and it exercises enough to mean something.
#include "sim/recording_life.hpp"

#include <gtest/gtest.h>

#include "core/instrumented.test.hpp"

namespace antiphon::sim {
namespace {

TEST(RecordingLife, TheLawsHoldInASmallSweepThatExercisesEnough) {
    RecordingSweep sweep;
    for (int seed = 1; seed <= core::test::sample(200); ++seed) {
        const auto outcome = run_recording(static_cast<std::uint64_t>(seed));
        EXPECT_FALSE(outcome.broken) << "seed " << seed << ": " << *outcome.broken;
        sweep.add(outcome);
    }
    EXPECT_FALSE(sweep.too_little()) << *sweep.too_little();
}

TEST(RecordingLife, TheSameSeedIsTheSameLife) {
    const auto first = run_recording(7).counters;
    const auto again = run_recording(7).counters;
    EXPECT_EQ(first.released, again.released);
    EXPECT_EQ(first.broken_off, again.broken_off);
    EXPECT_EQ(first.kills, again.kills);
}

TEST(RecordingLife, ASweepThatDidNothingFails) {
    RecordingSweep sweep;
    sweep.add({});
    EXPECT_TRUE(sweep.too_little());
}

}  // namespace
}  // namespace antiphon::sim
