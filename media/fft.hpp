// A plain fast Fourier transform, for analysis rather than for speed.
#pragma once

#include <complex>
#include <cstddef>
#include <span>

namespace antiphon::media {

// In place; the size is a power of two. The inverse is scaled by 1 / size. Thread-safe; not for audio callbacks.
void fft(std::span<std::complex<double>> values) noexcept;
void inverse_fft(std::span<std::complex<double>> values) noexcept;

}  // namespace antiphon::media
