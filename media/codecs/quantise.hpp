// From floats to the integers that codecs take.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace antiphon::media {

// x * 2^(bits-1), rounded half to even and clipped; what is no number is silence. Real-time-safe.
inline std::int32_t quantised(float x, int bits) noexcept {
    const double scale = std::ldexp(1.0, bits - 1);
    const double scaled = x == x ? std::nearbyint(static_cast<double>(x) * scale) : 0.0;
    return static_cast<std::int32_t>(std::clamp(scaled, -scale, scale - 1));
}

}  // namespace antiphon::media
