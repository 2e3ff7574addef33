// What an output has to play when: a stream's frames against the cluster's time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/units.hpp"
#include "media/resampler.hpp"

namespace antiphon::media {

// Part of a session document, as an output's callback needs it. Frame `start_frame` of the stream is heard at
// `start_ns`; earlier frames are not heard, later ones follow at the programme's rate.
struct Timeline {
    static constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

    bool playing = false;
    std::size_t window = 0;   // of the playout's: where the frames come from
    std::uint64_t epoch = 0;  // of that window: which seek or stream the frames belong to; no two windows share one
    core::ClockIncarnation incarnation;
    std::int64_t start_ns = 0;  // cluster time
    core::FrameCount start_frame = 0;
    std::int64_t stop_ns = never_ns;  // cluster time from which on it fades out, for a pause at once everywhere

    // The place in the stream that is to be heard at `cluster_ns`, exact to 1e-9 frames at any distance.
    // Real-time-safe.
    MediaPosition at(std::int64_t cluster_ns, core::SampleRate rate = core::cluster_rate) const noexcept {
        constexpr std::int64_t second_ns = 1'000'000'000;
        const std::int64_t distance_ns = cluster_ns - start_ns;
        std::int64_t seconds = distance_ns / second_ns, rest_ns = distance_ns % second_ns;
        if (rest_ns < 0) rest_ns += second_ns, --seconds;
        const std::int64_t scaled = rest_ns * rate;
        return {start_frame + seconds * rate + scaled / second_ns,
                static_cast<double>(scaled % second_ns) / static_cast<double>(second_ns)};
    }

    friend bool operator==(const Timeline&, const Timeline&) = default;
};

}  // namespace antiphon::media
