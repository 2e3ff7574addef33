// Correlation by Fourier transform to the sample, then least squares between the samples.
#include "apps/ruler/lag.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/contract.hpp"
#include "media/fft.hpp"
#include "media/resampler.hpp"

namespace antiphon::ruler {
namespace {

constexpr double correlation_min = 0.8;  // sounds of a few strong tones are 0.6 alike somewhere by chance
constexpr std::size_t margin = media::Resampler::taps / 2 + 2;  // what the fraction is told from
constexpr double slope_reach = 0.25;
constexpr int refinements = 8;
constexpr double converged_frames = 1e-3;  // 20 ns
// Another peak this close to the best one, beyond a valley this deep, could be it as well.
constexpr double rival_share = 0.95;
constexpr double valley_share = 0.8;

double mean_of(std::span<const float> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// sum over k of (part[k] - mean) whole[k + lag], for all lags at which part lies within whole, so that a
// transform no longer than whole does not wrap around. Both go through one, as the real and the imaginary part.
std::vector<double> products(std::span<const float> part, std::span<const float> whole) {
    const std::size_t size = std::bit_ceil(whole.size());
    std::vector<std::complex<double>> both(size);
    const double mean = mean_of(part);
    for (std::size_t k = 0; k < whole.size(); ++k) both[k] = {k < part.size() ? part[k] - mean : 0.0, whole[k]};
    media::fft(both);
    std::vector<std::complex<double>> cross(size);
    for (std::size_t k = 0; k < size; ++k) {
        const auto here = both[k];
        const auto mirrored = std::conj(both[(size - k) % size]);
        const auto of_part = 0.5 * (here + mirrored);
        const auto of_whole = std::complex<double>(0, -0.5) * (here - mirrored);
        cross[k] = std::conj(of_part) * of_whole;
    }
    media::inverse_fft(cross);
    std::vector<double> result(whole.size() - part.size() + 1);
    for (std::size_t lag = 0; lag < result.size(); ++lag) result[lag] = cross[lag].real();
    return result;
}

// The energy around its mean of each stretch of `length` in `whole`.
std::vector<double> energies(std::span<const float> whole, std::size_t length) {
    std::vector<double> result(whole.size() - length + 1);
    double sum = 0;
    double squares = 0;
    const auto take = [&](double value, double sign) {
        sum += sign * value;
        squares += sign * value * value;
    };
    for (std::size_t k = 0; k < whole.size(); ++k) {
        take(whole[k], 1);
        if (k + 1 < length) continue;
        result[k + 1 - length] = std::max(0.0, squares - sum * sum / static_cast<double>(length));
        take(whole[k + 1 - length], -1);
    }
    return result;
}

// The correlation coefficient at each lag; 0 where either side is silent.
std::vector<double> coefficients(std::span<const float> part, std::span<const float> whole) {
    auto result = products(part, whole);
    const double part_energy = energies(part, part.size()).front();
    const auto whole_energies = energies(whole, part.size());
    for (std::size_t lag = 0; lag < result.size(); ++lag) {
        const double scale = std::sqrt(part_energy * whole_energies[lag]);
        result[lag] = scale > 1e-9 ? result[lag] / scale : 0.0;
    }
    return result;
}

struct Frames {
    std::span<const float> frames;

    const float* window(core::FrameCount at) const { return frames.data() + at; }
};

// As long as `part` from `start` on, a place between the samples of `whole`, less its mean.
std::vector<double> stretch_at(std::span<const float> whole, double start, std::size_t length) {
    static const media::Resampler resampler;
    std::vector<float> values(length);
    auto position = media::MediaPosition::at(start);
    resampler.render(Frames{whole}, position, 1, 1, values);
    const double mean = mean_of(values);
    std::vector<double> result(length);
    for (std::size_t k = 0; k < length; ++k) result[k] = values[k] - mean;
    return result;
}

double dot(std::span<const double> a, std::span<const double> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// How much later than `start` the stretch of `whole` is most like `part`, to first order: the least squares of what is
// left of `part`, over the place and the gain.
double step_towards_peak(std::span<const double> part, std::span<const float> whole, double start) {
    const auto here = stretch_at(whole, start, part.size());
    const auto before = stretch_at(whole, start - slope_reach, part.size());
    auto slope = stretch_at(whole, start + slope_reach, part.size());
    for (std::size_t k = 0; k < slope.size(); ++k) slope[k] = (slope[k] - before[k]) / (2 * slope_reach);
    const double gain = dot(part, here) / dot(here, here);
    const double steepness = gain * dot(slope, slope);
    if (steepness == 0) return 0;
    return (dot(part, slope) - gain * dot(here, slope)) / steepness;
}

// The fraction, exact whatever the sound's spectrum. (media::align takes seven times as long, for copies that overlap;
// this runs beside what it measures, ten times a second for each speaker.)
double refined(std::span<const float> part, std::span<const float> whole, std::size_t centre) {
    const double mean = mean_of(part);
    std::vector<double> wanted(part.size());
    for (std::size_t k = 0; k < part.size(); ++k) wanted[k] = part[k] - mean;
    const auto coarse = static_cast<double>(centre);
    double place = coarse;
    for (int round = 0; round < refinements; ++round) {
        const double step = std::clamp(step_towards_peak(wanted, whole, place), -0.5, 0.5);
        place = std::clamp(place + step, coarse - 1, coarse + 1);
        if (std::abs(step) < converged_frames) break;
    }
    return place;
}

bool has_rival(std::span<const double> values, std::size_t centre) {
    const double best = std::abs(values[centre]);
    const auto strong = [&](double share) { return [=](double v) { return std::abs(v) >= share * best; }; };
    const auto peak = values.begin() + static_cast<std::ptrdiff_t>(centre);
    const auto right = std::find_if_not(peak, values.end(), strong(valley_share));
    const auto left = std::find_if_not(std::make_reverse_iterator(peak), values.rend(), strong(valley_share));
    return std::any_of(right, values.end(), strong(rival_share)) ||
           std::any_of(left, values.rend(), strong(rival_share));
}

}  // namespace

std::optional<Lag> find_lag(std::span<const float> part, std::span<const float> whole) {
    ANTIPHON_ASSERT(!part.empty() && part.size() <= whole.size());
    const auto values = coefficients(part, whole);
    const auto strongest =
        std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    const auto centre = static_cast<std::size_t>(strongest - values.begin());
    if (std::abs(*strongest) < correlation_min) return std::nullopt;
    if (centre < margin || centre + margin >= values.size()) return std::nullopt;
    return Lag{refined(part, whole, centre), *strongest, has_rival(values, centre)};
}

}  // namespace antiphon::ruler
