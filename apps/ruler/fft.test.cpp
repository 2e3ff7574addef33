// Laws of the transform: it is the sum that it claims to be, and the inverse undoes it.
#include "apps/ruler/fft.hpp"

#include <gtest/gtest.h>

#include <numbers>

namespace antiphon::ruler {
namespace {

std::vector<std::complex<double>> some_values(std::size_t size) {
    std::vector<std::complex<double>> values(size);
    for (std::size_t n = 0; n < size; ++n)
        values[n] = {std::sin(static_cast<double>(n * n)), std::cos(3.0 * static_cast<double>(n))};
    return values;
}

TEST(Fft, IsTheSumOfItsDefinition) {
    const auto values = some_values(64);
    auto spectrum = values;
    Fft(64).forward(spectrum);
    for (std::size_t k = 0; k < 64; ++k) {
        std::complex<double> sum = 0;
        for (std::size_t n = 0; n < 64; ++n)
            sum += values[n] * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * n) / 64);
        EXPECT_LT(std::abs(spectrum[k] - sum), 1e-11);
    }
}

TEST(Fft, IsUndoneByItsInverse) {
    const auto values = some_values(1024);
    auto there_and_back = values;
    const Fft fft(1024);
    fft.forward(there_and_back);
    fft.inverse(there_and_back);
    for (std::size_t n = 0; n < values.size(); ++n) EXPECT_LT(std::abs(there_and_back[n] - values[n]), 1e-12);
}

}  // namespace
}  // namespace antiphon::ruler
