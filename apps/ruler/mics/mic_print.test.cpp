// Laws of printing: each number under its name, and the faults in words.
#include "apps/ruler/mics/mic_print.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::ruler {
namespace {

using testing::HasSubstr;

const HearingReport report{
    .mics = {{.name = "hall/mic",
              .windows = 8,
              .gap_frames = 480,
              .residual_db = -41.26,
              .speakers = {{.name = "foyer/left",
                            .distance_m = 3.43,
                            .expected_ms = 10,
                            .lag_us = 5012.3456,
                            .level_db = -0.5,
                            .windows = 8},
                           {.name = "tower/left", .distance_m = 1, .expected_ms = 2.915, .missing = true}}}},
    .common_lag_us = 3.25,
    .faults = {"foyer/left is 5.0 ms LATE", "tower/left is MISSING from the recordings"}};

TEST(MicPrint, WritesATableAndTheFaults) {
    const auto text = as_text(report);
    EXPECT_THAT(text, HasSubstr("hall/mic: 8 windows, gaps of 480 frames, residual -41.3 dB\n"));
    EXPECT_THAT(text, HasSubstr("+5012.3 us    -0.5 dB    8\n"));
    EXPECT_THAT(text, HasSubstr("2.915 ms      MISSING\n"));
    EXPECT_THAT(text, HasSubstr("all of it +3.2 us after its time\n"));
    EXPECT_THAT(text, HasSubstr("tower/left is MISSING from the recordings\n"));
}

TEST(MicPrint, WritesJsonWithUnitsInTheNames) {
    EXPECT_EQ(as_json(report),
              R"({"v":1,"within_limits":false,"faults":["foyer/left is 5.0 ms LATE",)"
              R"("tower/left is MISSING from the recordings"],"common_lag_us":3.25E0,"mics":[{"name":"hall/mic",)"
              R"("windows":8,"gap_frames":480,"residual_db":-4.126E1,"wander_us":0E0,"speakers":[{"name":"foyer/left",)"
              R"("distance_m":3.43E0,"expected_ms":1E1,"windows":8,"missing":false,"lag_us":5.012346E3,)"
              R"("level_db":-5E-1},{"name":"tower/left","distance_m":1E0,"expected_ms":2.915E0,"windows":0,)"
              R"("missing":true}]}]})"
              "\n");
}

}  // namespace
}  // namespace antiphon::ruler
