// A filter that makes a known piece of music as sharp as noise, so that its copies can be told apart.
#pragma once

#include <span>
#include <vector>

namespace antiphon::ruler {

// Linear prediction: what the past does not foretell of a sound. Copies stay copies, with the same delays and gains,
// if all sounds go through the same filter. A value, immutable.
class Whitening {
  public:
    // Fitted to `music`, which sounds.
    explicit Whitening(std::span<const float> music);

    // The filtered samples, as many; the first few, whose past is not there, take it for silence. Pure.
    std::vector<float> of(std::span<const float> samples) const;

  private:
    std::vector<double> taps_;  // taps_[0] = 1
};

}  // namespace antiphon::ruler
