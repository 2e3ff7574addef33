// Autocorrelation and the recursion of Levinson and Durbin.
#include "apps/ruler/mics/whitening.hpp"

namespace antiphon::ruler {
namespace {

constexpr std::size_t order = 32;
constexpr double noise_floor = 1e-7;  // of the power: what is weaker than that is not lifted up

std::vector<double> autocorrelation(std::span<const float> music) {
    std::vector<double> sums(order + 1);
    for (std::size_t lag = 0; lag <= order && lag < music.size(); ++lag) {
        for (std::size_t i = lag; i < music.size(); ++i)
            sums[lag] += static_cast<double>(music[i]) * static_cast<double>(music[i - lag]);
    }
    sums[0] *= 1 + noise_floor;
    return sums;
}

std::vector<double> prediction(std::span<const double> sums) {
    std::vector<double> taps(order + 1);
    taps[0] = 1;
    double error = sums[0];
    for (std::size_t m = 1; m <= order && error > 0; ++m) {
        double reflected = 0;
        for (std::size_t i = 0; i < m; ++i) reflected -= taps[i] * sums[m - i];
        reflected /= error;
        const std::vector<double> before(taps);
        for (std::size_t i = 1; i <= m; ++i) taps[i] += reflected * before[m - i];
        error *= 1 - reflected * reflected;
    }
    return taps;
}

}  // namespace

Whitening::Whitening(std::span<const float> music) : taps_(prediction(autocorrelation(music))) {}

std::vector<float> Whitening::of(std::span<const float> samples) const {
    std::vector<double> filtered(samples.size());
    for (std::size_t k = 0; k < taps_.size(); ++k)
        for (std::size_t i = k; i < samples.size(); ++i) filtered[i] += taps_[k] * static_cast<double>(samples[i - k]);
    return {filtered.begin(), filtered.end()};
}

}  // namespace antiphon::ruler
