// A signal at other places than its samples': between them, and at another rate.
#pragma once

#include <cmath>
#include <span>

#include "media/resampler.hpp"

namespace antiphon::ruler {

// A value needs this many samples before its place (rounded down) and after it.
inline constexpr int reach = media::Resampler::taps;

// out[k] = the value of `samples` at index start + k step; all indices within [reach, size - reach). Thread-safe.
inline void moved(std::span<const float> samples, double start, double step, std::span<float> out) {
    struct Frames {
        std::span<const float> samples;
        const float* window(core::FrameCount at) const { return samples.data() + at; }
    };
    static const media::Resampler resampler;
    auto position = media::MediaPosition::at(start);
    resampler.render(Frames{samples}, position, step, 1, out);
}

}  // namespace antiphon::ruler
