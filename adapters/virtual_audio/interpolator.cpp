// The table of the windowed sinc, and its use.
#include "adapters/virtual_audio/interpolator.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/contract.hpp"

namespace antiphon::virtual_audio {
namespace {

constexpr double kaiser_beta = 10.0;
constexpr int lanes = 8;

// std::cyl_bessel_i is not in every standard library; the series converges fast for the values a window needs.
double bessel_i0(double x) {
    double term = 1;
    double sum = 1;
    for (int k = 1; term > 1e-15 * sum; ++k) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

double windowed_sinc(double distance, double reach) {
    const double ratio = distance / reach;
    if (std::abs(ratio) >= 1) return 0;
    const double window = bessel_i0(kaiser_beta * std::sqrt(1 - ratio * ratio)) / bessel_i0(kaiser_beta);
    const double angle = std::numbers::pi * distance;
    return angle == 0 ? 1 : window * std::sin(angle) / angle;
}

}  // namespace

Interpolator::Interpolator() {
    table_.reserve((phases + 1) * taps);
    for (int phase = 0; phase <= phases; ++phase) {
        for (int tap = 0; tap < taps; ++tap) {
            const double place = reach - 1 + static_cast<double>(phase) / phases;
            table_.push_back(static_cast<float>(windowed_sinc(tap - place, reach)));
        }
    }
}

void Interpolator::values(std::span<const float> samples, double start, double step, std::span<float> out) const {
    const double last = start + step * (static_cast<double>(out.size()) - 1);
    ANTIPHON_ASSERT(start >= reach && last < static_cast<double>(samples.size()) - reach - 1);
    for (std::size_t k = 0; k < out.size(); ++k) {
        const double index = start + step * static_cast<double>(k);
        const auto whole = static_cast<std::size_t>(index);
        const double phase = (index - static_cast<double>(whole)) * phases;
        const auto row = static_cast<std::size_t>(phase);
        const auto along = static_cast<float>(phase - static_cast<double>(row));
        const float* const near = table_.data() + row * taps;
        const float* const far = near + taps;
        const float* const sample = samples.data() + whole - (reach - 1);
        std::array<float, lanes> sums{};  // side by side, for the vector units
        for (int tap = 0; tap < taps; tap += lanes)
            for (int lane = 0; lane < lanes; ++lane) {
                const int t = tap + lane;
                sums[static_cast<std::size_t>(lane)] += sample[t] * (near[t] + along * (far[t] - near[t]));
            }
        out[k] = std::accumulate(sums.begin(), sums.end(), 0.0F);
    }
}

const Interpolator& interpolator() {
    static const Interpolator instance;
    return instance;
}

}  // namespace antiphon::virtual_audio
