// The copies of a known sound in a stretch of a recording, fitted to it by least squares.
#pragma once

#include <span>
#include <vector>

#include "media/correlate.hpp"

namespace antiphon::ruler {

struct CopiesFit {
    std::vector<double> gains;
    double power = 0;  // sum of squares of what was recorded
    double rest = 0;   // the same of what the copies do not explain

    double residual_db() const;
};

// The best gains of copies of `sound` with these delays in `recorded`; both begin at the same time, `edge` frames at
// either end only serve the delays, which are smaller by 32 at least. Pure.
CopiesFit fit_copies(std::span<const float> sound, std::span<const float> recorded, std::span<const double> delays,
                     std::size_t edge);

// Moves delays and gains, near the truth already, to where they explain the most: Gauss and Newton's way, some steps.
// A delay that runs off by more than a frame stays where it was. Pure.
void refine_copies(std::span<const float> sound, std::span<const float> recorded, std::vector<media::Arrival>& arrivals,
                   std::size_t edge);

}  // namespace antiphon::ruler
