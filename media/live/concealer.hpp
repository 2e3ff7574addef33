// Makes a gap in a live stream quiet instead of loud: no click where it begins, none where it ends.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace antiphon::media {

struct ConcealerCounters {
    std::uint64_t gaps = 0;  // runs of missing frames
    std::uint64_t frames_missing = 0;
};

// Where frames are missing, the last ones are played backwards while they fade out (which goes on at the level and
// with the pitch of what was there), then it is silent; the first frames after the gap fade in. Both fades are raised
// cosines over `fade_frames`. Frames are interleaved floats. Not thread-safe; real-time-safe but for construction.
class Concealer {
  public:
    // `channels` 1 or more; `fade_frames` 1 or more (120 are 2.5 ms).
    Concealer(int channels, int fade_frames);

    // These frames are there: mended in place if a gap was before them.
    void good(std::span<float> frames) noexcept;
    // These are not: filled. A gap is at least `fade_frames` long, in one call or several; a shorter one would click.
    void missing(std::span<float> frames) noexcept;
    // The stream begins anew: what comes first fades in.
    void restart() noexcept;

    const ConcealerCounters& counters() const noexcept { return counters_; }

  private:
    void remember(std::span<const float> frames) noexcept;
    std::size_t width() const noexcept { return static_cast<std::size_t>(channels_); }

    int channels_;
    std::vector<float> curve_;  // of the fade-in, by frame
    std::vector<float> last_;   // fade_frames of them, the newest last; silence where fewer were there
    int faded_out_ = 0;         // frames of the fade-out that were played
    int faded_in_ = 0;
    bool in_gap_ = false;
    ConcealerCounters counters_;
};

}  // namespace antiphon::media
