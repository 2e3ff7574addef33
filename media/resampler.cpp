// The table, and the sums over the taps; compiled with -O3 for the vector units.
#include "media/resampler.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"
#include "media/windowed_sinc.hpp"

namespace antiphon::media {
namespace {

// Sums of eight lanes each, which the compiler keeps in vector registers.
constexpr int lanes = 8;

void sum_mono(const float* x, const float* c, float* out) noexcept {
    float sum[lanes] = {};
    for (int t = 0; t < Resampler::taps; t += lanes)
        for (int i = 0; i < lanes; ++i) sum[i] += c[t + i] * x[t + i];
    out[0] = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

void sum_stereo(const float* x, const float* c, float* out) noexcept {
    float sum[lanes] = {};
    for (int t = 0; t < Resampler::taps; t += lanes / 2)
        for (int i = 0; i < lanes; ++i) sum[i] += c[t + i / 2] * x[2 * t + i];
    out[0] = (sum[0] + sum[2]) + (sum[4] + sum[6]);
    out[1] = (sum[1] + sum[3]) + (sum[5] + sum[7]);
}

void sum_any(const float* x, const float* c, int channels, float* out) noexcept {
    for (int channel = 0; channel < channels; ++channel) {
        float sum = 0;
        for (int t = 0; t < Resampler::taps; ++t) sum += c[t] * x[t * channels + channel];
        out[channel] = sum;
    }
}

}  // namespace

void MediaPosition::advance(double frames) noexcept {
    const double to = fraction + frames;
    const double whole = std::floor(to);
    frame += static_cast<core::FrameCount>(whole);
    fraction = to - whole;
    if (fraction >= 1) {  // a tiny negative step rounds up to 1
        fraction = 0;
        ++frame;
    }
}

Resampler::Resampler(double cutoff) noexcept {
    ANTIPHON_ASSERT(cutoff > 0 && cutoff <= 1);
    const SincKernel kernel{.half_width = taps / 2.0, .beta = 12, .cutoff = cutoff};
    for (int row = 0; row < phases + 3; ++row) {
        const double fraction = (row - 1) / static_cast<double>(phases);
        std::array<double, taps> exact;
        double sum = 0;
        for (int t = 0; t < taps; ++t) sum += exact[static_cast<std::size_t>(t)] = kernel.at(t - before - fraction);
        // Every phase passes silence and constants alike.
        for (std::size_t t = 0; t < taps; ++t)
            table_[static_cast<std::size_t>(row)][t] = static_cast<float>(exact[t] / sum);
    }
}

void Resampler::coefficients(double fraction, Taps& out) const noexcept {
    const double scaled = fraction * phases;
    const int phase = std::min(static_cast<int>(scaled), phases - 1);
    const double m = scaled - phase;
    // Lagrange's weights for the rows at -1, 0, 1, 2.
    const auto w0 = static_cast<float>(-m * (m - 1) * (m - 2) / 6);
    const auto w1 = static_cast<float>((m + 1) * (m - 1) * (m - 2) / 2);
    const auto w2 = static_cast<float>(-(m + 1) * m * (m - 2) / 2);
    const auto w3 = static_cast<float>((m + 1) * m * (m - 1) / 6);
    const Taps* row = &table_[static_cast<std::size_t>(phase)];
    for (std::size_t t = 0; t < taps; ++t) out[t] = w0 * row[0][t] + w1 * row[1][t] + w2 * row[2][t] + w3 * row[3][t];
}

void Resampler::sample(const float* window, int channels, double fraction, float* out) const noexcept {
    alignas(64) Taps c;
    coefficients(fraction, c);
    if (channels == 2)
        sum_stereo(window, c.data(), out);
    else if (channels == 1)
        sum_mono(window, c.data(), out);
    else
        sum_any(window, c.data(), channels, out);
}

}  // namespace antiphon::media
