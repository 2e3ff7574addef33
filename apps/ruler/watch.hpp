// Follows the speakers of a room while they play. The only part of the ruler that touches files and the clock.
#pragma once

#include <filesystem>
#include <vector>

#include "adapters/virtual_audio/true_time.hpp"
#include "apps/ruler/report.hpp"
#include "core/result.hpp"

namespace antiphon::ruler {

inline constexpr double window_hop_s = 0.1;

struct WatchOptions {
    std::filesystem::path room;
    double seconds = 10;      // measured, up to a day
    bool from_sound = false;  // start with the first sound
    double wait_s = 60;       // and give up on it after this
};

// One track for each speaker that was there, ordered by name, one window each 100 ms. Takes as long as it measures and
// a second more, on `truth`. `not_found` when there is no such room, `unavailable` when no sound came in time.
core::Result<std::vector<SpeakerTrack>> watch(
    const WatchOptions& options, const virtual_audio::TrueClock& truth = virtual_audio::machine_true_clock());

}  // namespace antiphon::ruler
