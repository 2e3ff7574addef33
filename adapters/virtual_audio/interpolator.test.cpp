// Laws of the interpolation: the value between samples is right to -90 dB up to 20 kHz, on samples it is exact.
#include "adapters/virtual_audio/interpolator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace antiphon::virtual_audio {
namespace {

double sine(double index, double frequency_hz) {
    return std::sin(2 * std::numbers::pi * frequency_hz / 48000 * index + 0.3);
}

// Worst error against the sine itself, in dB of its RMS.
double error_db(double frequency_hz, double step) {
    std::vector<float> samples(4096);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(sine(static_cast<double>(i), frequency_hz));
    std::vector<float> out(3900);
    const double start = Interpolator::reach + 0.123;
    interpolator().values(samples, start, step, out);
    double power = 0;
    for (std::size_t k = 0; k < out.size(); ++k)
        power += std::pow(out[k] - sine(start + step * static_cast<double>(k), frequency_hz), 2);
    return 10 * std::log10(power / static_cast<double>(out.size()) / 0.5);
}

TEST(Interpolator, IsRightTo90DecibelsUpTo20Kilohertz) {
    for (const double frequency_hz : {20.0, 1000.0, 10000.0, 19000.0, 20000.0}) {
        for (const double step : {1.0, 1.0002, 0.9998})
            EXPECT_LT(error_db(frequency_hz, step), -90) << frequency_hz << " Hz at a step of " << step;
    }
}

TEST(Interpolator, GivesTheSamplesThemselvesAtTheirPlaces) {
    std::vector<float> samples(256, 0.0F);
    samples[128] = 1.0F;
    std::vector<float> out(100);
    interpolator().values(samples, 80, 1, out);
    for (std::size_t k = 0; k < out.size(); ++k) EXPECT_NEAR(out[k], k == 48 ? 1.0 : 0.0, 1e-7);
}

}  // namespace
}  // namespace antiphon::virtual_audio
