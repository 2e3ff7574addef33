// Sinc times Kaiser.
#include "media/windowed_sinc.hpp"

#include <cmath>
#include <numbers>

namespace antiphon::media {
namespace {

// Modified Bessel function of order 0, by its power series.
double bessel_i0(double x) noexcept {
    double sum = 1, term = 1;
    for (int k = 1; term > sum * 1e-17; ++k) {
        term *= (x / 2) / k * (x / 2) / k;
        sum += term;
    }
    return sum;
}

}  // namespace

double SincKernel::at(double x) const noexcept {
    const double r = x / half_width;
    if (std::abs(r) >= 1) return 0;
    const double angle = std::numbers::pi * x * cutoff;
    const double sinc = std::abs(angle) < 1e-12 ? cutoff : cutoff * std::sin(angle) / angle;
    return sinc * bessel_i0(beta * std::sqrt(1 - r * r)) / bessel_i0(beta);
}

}  // namespace antiphon::media
