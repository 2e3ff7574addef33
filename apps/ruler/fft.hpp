// The discrete Fourier transform of a power of two.
#pragma once

#include <complex>
#include <span>
#include <vector>

namespace antiphon::ruler {

// Immutable, thread-safe. `size` is a power of two.
class Fft {
  public:
    explicit Fft(std::size_t size);

    // In place, X[k] = sum of x[n] exp(-2 pi i k n / size).
    void forward(std::span<std::complex<double>> values) const;
    // In place, the inverse of forward().
    void inverse(std::span<std::complex<double>> values) const;

  private:
    std::vector<std::complex<double>> roots_;  // exp(-2 pi i k / size), k below half the size
};

}  // namespace antiphon::ruler
