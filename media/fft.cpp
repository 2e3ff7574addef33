// Radix 2, decimation in time.
#include "media/fft.hpp"

#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

using Complex = std::complex<double>;

void reverse_bits(std::span<Complex> values) noexcept {
    for (std::size_t i = 1, j = 0; i < values.size(); ++i) {
        std::size_t bit = values.size() >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) std::swap(values[i], values[j]);
    }
}

void transform(std::span<Complex> values, double sign) noexcept {
    const auto size = values.size();
    ANTIPHON_ASSERT(size > 0 && (size & (size - 1)) == 0);
    reverse_bits(values);
    std::vector<Complex> roots(size / 2);
    for (std::size_t i = 0; i < roots.size(); ++i)
        roots[i] = std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size));
    for (std::size_t half = 1; half < size; half *= 2) {
        const auto stride = size / (2 * half);
        for (std::size_t start = 0; start < size; start += 2 * half)
            for (std::size_t i = 0; i < half; ++i) {
                const Complex root = roots[i * stride], low = values[start + i], high = values[start + i + half];
                const Complex turned{root.real() * high.real() - root.imag() * high.imag(),
                                     root.real() * high.imag() + root.imag() * high.real()};
                values[start + i] = low + turned;
                values[start + i + half] = low - turned;
            }
    }
}

}  // namespace

void fft(std::span<Complex> values) noexcept { transform(values, -1); }

void inverse_fft(std::span<Complex> values) noexcept {
    transform(values, 1);
    for (auto& value : values) value /= static_cast<double>(values.size());
}

}  // namespace antiphon::media
