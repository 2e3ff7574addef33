// When, and how loud, a known signal arrives in a recording: the ruler of synchronised playback.
#pragma once

#include <span>
#include <vector>

#include "core/result.hpp"

namespace antiphon::media {

// One copy of the reference in a signal: signal(t) contains gain * reference(t - delay).
struct Arrival {
    double delay_frames = 0;  // positive = the signal is later
    double gain = 0;          // negative = inverted
};

struct Alignment {
    double delay_frames = 0;
    double gain = 0;
    double residual_db = 0;  // what the best copy leaves of the signal; -300 at most when nothing is left
};

// Wide enough that times wrong by 20 us leave nothing beside a loud copy that passes for another; as narrow as that
// allows, for nearer than this two speakers are one.
inline constexpr int arrivals_apart_frames = 5;

// The `count` strongest copies of `reference` within +/- `lag_max_frames`, earliest first. Both signals start at the
// same time. The cross-correlation is explained by copies of the autocorrelation, one after the other, each refined
// against the others (RELAX: Li and Stoica, IEEE Trans. Signal Processing 1996), peaks by band-limited interpolation.
// Accurate to about 0.001 frames for broadband signals. Copies are at least `arrivals_apart_frames` apart: nearer to a
// loud one there is what its imperfect fit leaves, which looks like a faint one. Fails as `invalid` when a signal is
// shorter than 4 (lag_max_frames + 64) frames or silent. Pure; allocates some 100 bytes per frame; O(n log n).
core::Result<std::vector<Arrival>> find_arrivals(std::span<const float> reference, std::span<const float> signal,
                                                 int lag_max_frames, int count);

// The strongest copy, and how well it explains the signal. Fails as find_arrivals does.
core::Result<Alignment> align(std::span<const float> reference, std::span<const float> signal, int lag_max_frames);

}  // namespace antiphon::media
