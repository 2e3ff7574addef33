// What recordings say about the speakers of a room: how late, how loud, and what they leave unexplained.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/ruler/mics/listening.hpp"

namespace antiphon::ruler {

struct PlacedSpeaker {
    std::string name;  // "worker/output"
    virtual_audio::Position at;
};

// One speaker as one microphone heard it: medians over the windows that had it.
struct HeardSpeaker {
    std::string name;
    double distance_m = 0;
    double expected_ms = 0;  // of travel
    double lag_us = 0;       // beyond that and what all have in common; positive: late
    double level_db = 0;     // relative to 1 / distance and what all have in common
    std::size_t windows = 0;
    bool missing = false;
};

struct MicReport {
    std::string name;
    std::size_t windows = 0;  // compared
    core::FrameCount gap_frames = 0;
    double residual_db = 0;
    double wander_us = 0;  // a fifth of what its windows had is farther than this from where its speaker is in most
    std::vector<HeardSpeaker> speakers;
};

struct HearingLimits {
    double late_us = 1000;
    double faint_db = -20;
    double residual_db = -15;
};

struct HearingReport {
    std::vector<MicReport> mics;
    std::optional<double> common_lag_us;  // of all against the time they were told, where that is known
    std::vector<std::string> faults;      // "hall/left is 5.0 ms late"
    bool within_limits = false;
};

// Listens to each recording for each speaker. Fails as listen() does. Pure.
core::Result<HearingReport> hear(std::span<const float> melody, std::span<const Recording> recordings,
                                 std::span<const PlacedSpeaker> speakers, std::optional<std::int64_t> start_ns,
                                 const HearingLimits& limits = {});

}  // namespace antiphon::ruler
