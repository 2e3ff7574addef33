// Listens through recordings for a melody that several speakers play: which copies of it came when, and how loud.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/virtual_audio/device_string.hpp"
#include "apps/ruler/mics/recorded_time.hpp"
#include "core/result.hpp"
#include "media/correlate.hpp"

namespace antiphon::ruler {

struct Stretch {
    core::FrameCount first = 0;
    core::FrameCount count = 0;
};

struct Recording {
    std::string name;  // "worker/input"
    virtual_audio::Position at;
    std::vector<float> samples;
    std::vector<Anchor> anchors;  // usable()
    std::vector<Stretch> gaps;    // not recorded
};

// What one microphone heard of one stretch of the melody.
struct WindowHeard {
    std::vector<media::Arrival> arrivals;  // delay: after the melody's own time; none when nothing could be compared
    double power = 0;
    double rest = 0;
};

struct Heard {
    double start_ns = 0;                            // the melody's own time: cluster time of its first frame
    std::vector<std::vector<WindowHeard>> windows;  // [recording][window]; all have the same
};

struct ListenOptions {
    int copies = 1;                        // speakers
    std::optional<std::int64_t> start_ns;  // else found in the first recording, less `travel_frames`
    double travel_frames = 0;              // about how long the sound is under way
};

// `invalid` when a recording's anchors cannot be used, the melody is too short, or nothing like it is in the first
// recording. Pure.
core::Result<Heard> listen(std::span<const float> melody, std::span<const Recording> recordings,
                           const ListenOptions& options);

}  // namespace antiphon::ruler
