// Sound at any place between two frames: a polyphase windowed-sinc interpolator.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/units.hpp"

namespace antiphon::media {

// A place in a stream, to a fraction of a frame. `fraction` is in [0, 1).
struct MediaPosition {
    core::FrameCount frame = 0;
    double fraction = 0;

    // Moves by `frames`, of either sign; exact to 1e-16 frames a step, so a position may be driven for years.
    void advance(double frames) noexcept;
    // This minus `other`, in frames.
    double minus(const MediaPosition& other) const noexcept {
        return static_cast<double>(frame - other.frame) + (fraction - other.fraction);
    }
    static MediaPosition at(double frames) noexcept {
        MediaPosition position;
        position.advance(frames);
        return position;
    }
    friend auto operator<=>(const MediaPosition&, const MediaPosition&) = default;
};

// 48 taps, 64 phases, a Kaiser window (beta 12), coefficients interpolated between phases by cubic polynomials.
// Measured (resampler.test.cpp): over 100 dB of signal to noise up to 10 kHz, over 90 dB at 19 kHz, at 48 kHz.
// Immutable after construction: thread-safe. sample() and render() are real-time-safe.
class Resampler {
  public:
    static constexpr int taps = 48;
    static constexpr int phases = 64;
    static constexpr int before = taps / 2 - 1;  // frames needed before the position's frame
    static constexpr int after = taps / 2;       // and after it
    static constexpr int channels_max = 8;

    // `cutoff` is the end of the band kept, relative to the Nyquist frequency of the input: 1, or less where the
    // output's rate is lower than the input's.
    explicit Resampler(double cutoff = 1.0) noexcept;

    // One output frame at `fraction` (in [0, 1)) after frame i, where `window` has the frames [i - before, i + after],
    // interleaved.
    void sample(const float* window, int channels, double fraction, float* out) const noexcept;

    // `frames` output frames from `position` on, `step` input frames apart; the position moves along.
    // `source.window(first)` answers a pointer to `taps` contiguous frames that start with frame `first`.
    template <class Source>
    void render(const Source& source, MediaPosition& position, double step, int channels,
                std::span<float> out) const noexcept {
        const auto width = static_cast<std::size_t>(channels);
        for (std::size_t i = 0; i + width <= out.size(); i += width) {
            sample(source.window(position.frame - before), channels, position.fraction, out.data() + i);
            position.advance(step);
        }
    }

  private:
    using Taps = std::array<float, taps>;

    void coefficients(double fraction, Taps& out) const noexcept;

    // Row p holds phase (p - 1) / phases: one row more at either end for the polynomial.
    alignas(64) std::array<Taps, phases + 3> table_;
};

}  // namespace antiphon::media
