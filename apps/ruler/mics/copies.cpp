// Normal equations of a few unknowns.
#include "apps/ruler/mics/copies.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "media/windowed_sinc.hpp"

namespace antiphon::ruler {
namespace {

using Column = std::vector<float>;
constexpr int reach = 24;  // of the interpolation, in frames to either side
constexpr media::SincKernel kernel{.half_width = reach, .beta = 9};
constexpr double tiny = 1e-12;  // relative; what depends on the other columns gets nothing

// The taps that read a sound `delay` frames earlier, from that of the frame `first` before on.
struct Taps {
    int first = 0;
    std::array<double, 2 * reach> values{};
};

Taps taps_for(double delay) {
    const double whole = std::floor(-delay), fraction = -delay - whole;
    Taps taps{static_cast<int>(whole) - reach + 1};
    for (int i = 0; i < 2 * reach; ++i) taps.values[static_cast<std::size_t>(i)] = kernel.at(i - reach + 1 - fraction);
    return taps;
}

// How they change with the delay, per frame.
Taps change_of_taps(double delay) {
    constexpr double step = 1e-3;
    auto taps = taps_for(delay);
    const double fraction = -delay - std::floor(-delay);
    for (int i = 0; i < 2 * reach; ++i) {
        const double x = i - reach + 1 - fraction;
        taps.values[static_cast<std::size_t>(i)] = (kernel.at(x + step) - kernel.at(x - step)) / (2 * step);
    }
    return taps;
}

// The sound through the taps, at the frames [edge, size - edge).
Column filtered(std::span<const float> sound, const Taps& taps, std::size_t edge) {
    Column out(sound.size() - 2 * edge);
    for (std::size_t k = 0; k < taps.values.size(); ++k) {
        const auto tap = static_cast<float>(taps.values[k]);
        const float* const from = sound.data() + (static_cast<std::ptrdiff_t>(edge + k) + taps.first);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += tap * from[i];
    }
    return out;
}

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

// Solves matrix x = right for a symmetric positive matrix, by Cholesky's factors, in place.
std::vector<double> solve(std::vector<std::vector<double>> matrix, std::vector<double> right) {
    const std::size_t size = right.size();
    for (std::size_t i = 0; i < size; ++i) {
        const double whole = matrix[i][i];
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = matrix[i][j];
            for (std::size_t k = 0; k < j; ++k) sum -= matrix[i][k] * matrix[j][k];
            matrix[i][j] = i != j ? sum / matrix[j][j] : sum > tiny * whole ? std::sqrt(sum) : HUGE_VAL;
        }
        for (std::size_t k = 0; k < i; ++k) right[i] -= matrix[i][k] * right[k];
        right[i] /= matrix[i][i];
    }
    for (std::size_t i = size; i-- > 0;) {
        for (std::size_t k = i + 1; k < size; ++k) right[i] -= matrix[k][i] * right[k];
        right[i] /= matrix[i][i];
    }
    return right;
}

// How much of each column is in `recorded`.
std::vector<double> least_squares(std::span<const Column> columns, std::span<const float> recorded) {
    std::vector<std::vector<double>> products(columns.size(), std::vector<double>(columns.size()));
    std::vector<double> right(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        for (std::size_t j = 0; j <= i; ++j) products[i][j] = products[j][i] = dot(columns[i], columns[j]);
        right[i] = dot(columns[i], recorded);
    }
    return solve(std::move(products), std::move(right));
}

std::span<const float> inner(std::span<const float> samples, std::size_t edge) {
    return samples.subspan(edge, samples.size() - 2 * edge);
}

}  // namespace

double CopiesFit::residual_db() const { return power > 0 ? 10 * std::log10(std::max(rest / power, 1e-20)) : 0; }

CopiesFit fit_copies(std::span<const float> sound, std::span<const float> recorded, std::span<const double> delays,
                     std::size_t edge) {
    const auto wanted = inner(recorded, edge);
    std::vector<Column> columns;
    for (const double delay : delays) columns.push_back(filtered(sound, taps_for(delay), edge));
    CopiesFit fit{least_squares(columns, wanted), dot(wanted, wanted), 0};
    Column rest(wanted.begin(), wanted.end());
    for (std::size_t k = 0; k < columns.size(); ++k)
        for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= static_cast<float>(fit.gains[k]) * columns[k][i];
    fit.rest = dot(rest, rest);
    return fit;
}

void refine_copies(std::span<const float> sound, std::span<const float> recorded, std::vector<media::Arrival>& arrivals,
                   std::size_t edge) {
    constexpr int steps = 3;
    const auto wanted = inner(recorded, edge);
    const auto before = arrivals;
    for (int step = 0; step < steps; ++step) {
        std::vector<Column> columns;
        for (const auto& arrival : arrivals) columns.push_back(filtered(sound, taps_for(arrival.delay_frames), edge));
        for (const auto& arrival : arrivals)
            columns.push_back(filtered(sound, change_of_taps(arrival.delay_frames), edge));
        const auto amounts = least_squares(columns, wanted);
        for (std::size_t k = 0; k < arrivals.size(); ++k) {
            const double gain = amounts[k], shift = gain == 0 ? 0 : amounts[arrivals.size() + k] / gain;
            const double delay = arrivals[k].delay_frames + std::clamp(shift, -0.5, 0.5);
            if (std::abs(delay - before[k].delay_frames) <= 1) arrivals[k] = {delay, gain};
        }
    }
}

}  // namespace antiphon::ruler
