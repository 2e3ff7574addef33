// Values of a sampled sound between its samples, by a windowed sinc.
#pragma once

#include <span>
#include <vector>

namespace antiphon::virtual_audio {

// 48 taps under a Kaiser window, in 512 phases with straight lines between them: errors below -90 dB up to 20 kHz
// at 48 kHz. Immutable, 98 KB; the constructor is slow, all else thread-safe and real-time-safe.
class Interpolator {
  public:
    // A value needs this many samples before its place (rounded down) and one more than that after it.
    static constexpr int reach = 24;

    Interpolator();

    // out[k] = the value of `samples` at index start + k step. All indices within [reach, size - reach - 1).
    void values(std::span<const float> samples, double start, double step, std::span<float> out) const;

  private:
    static constexpr int taps = 2 * reach;
    static constexpr int phases = 512;

    std::vector<float> table_;  // [phases + 1][taps]
};

// The program's one; made at the first call.
const Interpolator& interpolator();

}  // namespace antiphon::virtual_audio
