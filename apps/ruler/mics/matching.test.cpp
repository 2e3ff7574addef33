// Laws of the matching: each copy goes to the speaker that may have played it, for both microphones at once.
#include "apps/ruler/mics/matching.hpp"

#include <gtest/gtest.h>

namespace antiphon::ruler {
namespace {

using Arrivals = std::vector<std::vector<media::Arrival>>;
using Delays = std::vector<std::vector<double>>;  // [microphone][speaker], -1: no copy

const BySpeakerAndMic<Expected> expected{{{200, 0.7}, {500, 0.3}, {900, 0.2}}, {{800, 0.2}, {350, 0.4}, {150, 1}}};

Delays matched(const Arrivals& arrivals) {
    Delays delays;
    for (const auto& of_mic : match_speakers(arrivals, expected)) {
        auto& row = delays.emplace_back();
        for (const auto& match : of_mic) row.push_back(match ? match->delay_frames : -1);
    }
    return delays;
}

TEST(MatchSpeakers, GivesEachItsCopyWhateverAllHaveInCommon) {
    for (const double common : {0.0, 1234.5, -77.0})
        EXPECT_EQ(matched({{{200 + common, 0.7}, {500 + common, 0.3}, {900 + common, 0.2}},
                           {{150 + common, 1}, {350 + common, 0.4}, {800 + common, 0.2}}}),
                  (Delays{{200 + common, 500 + common, 900 + common}, {800 + common, 350 + common, 150 + common}}));
}

TEST(MatchSpeakers, FollowsALateSpeakerPastAnother) {
    // The first speaker is 310 frames late: at the first microphone it comes after the second speaker.
    EXPECT_EQ(matched({{{500, 0.3}, {510, 0.7}, {900, 0.2}}, {{150, 1}, {350, 0.4}, {1110, 0.2}}}),
              (Delays{{510, 500, 900}, {1110, 350, 150}}));
}

TEST(MatchSpeakers, LeavesOutWhatIsTooFaintOrUpsideDown) {
    EXPECT_EQ(matched({{{200, 0.7}, {500, 0.3}, {940, 0.003}}, {{150, -0.5}, {350, 0.4}, {800, 0.2}}}),
              (Delays{{200, 500, -1}, {800, 350, -1}}));
    EXPECT_EQ(matched({{}, {}}), (Delays{{-1, -1, -1}, {-1, -1, -1}}));
}

}  // namespace
}  // namespace antiphon::ruler
