// Where one stretch of sound occurs in a longer one, to a fraction of a sample.
#pragma once

#include <optional>
#include <span>

namespace antiphon::ruler {

struct Lag {
    double frames = 0;       // index in `whole` at which `part` begins
    double correlation = 0;  // coefficient there, -1..1; negative: turned upside down
    bool ambiguous = false;  // another place fits as well: the sound repeats itself
};

// The place where the correlation coefficient of `part` and as much of `whole` is strongest. Taking the coefficient,
// not the product, keeps a louder neighbour from winning. Nothing when it fits nowhere (below 0.8), when one is
// silent, or within 26 frames of the ends, where no fraction can be told. Pure.
std::optional<Lag> find_lag(std::span<const float> part, std::span<const float> whole);

}  // namespace antiphon::ruler
