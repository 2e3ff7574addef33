// Cooley and Tukey, radix 2, in place.
#include "apps/ruler/fft.hpp"

#include <algorithm>
#include <bit>
#include <numbers>
#include <utility>

#include "core/contract.hpp"

namespace antiphon::ruler {
namespace {

using Complex = std::complex<double>;

void reorder(std::span<Complex> values) {
    for (std::size_t i = 1, reversed = 0; i < values.size(); ++i) {
        std::size_t bit = values.size() / 2;
        for (; reversed & bit; bit /= 2) reversed ^= bit;
        reversed ^= bit;
        if (i < reversed) std::swap(values[i], values[reversed]);
    }
}

// The operator of std::complex also looks for infinities, which costs more than the product.
Complex product(Complex a, Complex b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

Fft::Fft(std::size_t size) {
    ANTIPHON_ASSERT(std::has_single_bit(size) && size >= 2);
    roots_.reserve(size / 2);
    for (std::size_t k = 0; k < size / 2; ++k)
        roots_.push_back(std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size)));
}

void Fft::forward(std::span<Complex> values) const {
    const std::size_t size = 2 * roots_.size();
    ANTIPHON_ASSERT(values.size() == size);
    reorder(values);
    for (std::size_t half = 1; half < size; half *= 2) {
        const std::size_t stride = roots_.size() / half;
        for (std::size_t start = 0; start < size; start += 2 * half) {
            for (std::size_t k = 0; k < half; ++k) {
                const Complex even = values[start + k];
                const Complex odd = product(values[start + k + half], roots_[k * stride]);
                values[start + k] = even + odd;
                values[start + k + half] = even - odd;
            }
        }
    }
}

void Fft::inverse(std::span<Complex> values) const {
    forward(values);
    std::reverse(values.begin() + 1, values.end());
    for (auto& value : values) value /= static_cast<double>(values.size());
}

}  // namespace antiphon::ruler
