// Laws of the resampler: a sine stays a sine, at any step near 1; the measured signal to noise is printed.
#include "media/resampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

namespace antiphon::media {
namespace {

constexpr double tau = 2 * std::numbers::pi;

// A signal held in memory, from frame -100 on.
struct Memory {
    std::vector<float> samples;
    int channels = 1;

    const float* window(core::FrameCount first) const {
        return samples.data() + static_cast<std::size_t>(first + 100) * static_cast<std::size_t>(channels);
    }
};

Memory sine(double hz, int frames, int channels) {
    Memory memory{{}, channels};
    for (int i = -100; i < frames + 100; ++i)
        for (int c = 0; c < channels; ++c)
            memory.samples.push_back(static_cast<float>(0.9 * std::sin(tau * hz / 48000 * i + 0.3 * c)));
    return memory;
}

// Signal to noise in dB against the exact sine at the exact places.
double snr_db(double hz, double step, int channels) {
    const int frames = 20'000;
    const auto memory = sine(hz, frames + 100, channels);
    std::vector<float> out(static_cast<std::size_t>(frames * channels));
    MediaPosition position{10, 0.37};
    const Resampler resampler;
    resampler.render(memory, position, step, channels, out);
    double signal = 0, noise = 0;
    for (int i = 0; i < frames; ++i)
        for (int c = 0; c < channels; ++c) {
            const double exact = 0.9 * std::sin(tau * hz / 48000 * (10.37 + i * step) + 0.3 * c);
            const double error = static_cast<double>(out[static_cast<std::size_t>(i * channels + c)]) - exact;
            signal += exact * exact;
            noise += error * error;
        }
    return 10 * std::log10(signal / noise);
}

TEST(Resampler, KeepsASineWithin100DecibelsUpTo10And90At19Kilohertz) {
    for (const double ppm : {-500.0, -60.0, 0.0, 40.0, 500.0}) {
        const double at_1 = snr_db(997, 1 + ppm * 1e-6, 2), at_10 = snr_db(9973, 1 + ppm * 1e-6, 2);
        const double at_19 = snr_db(18973, 1 + ppm * 1e-6, 2);
        std::printf("step 1%+.0f ppm: SNR %.1f dB at 1 kHz, %.1f at 10 kHz, %.1f at 19 kHz\n", ppm, at_1, at_10, at_19);
        EXPECT_GE(at_1, 100);
        EXPECT_GE(at_10, 100);
        EXPECT_GE(at_19, 90);
    }
}

TEST(Resampler, TreatsEveryNumberOfChannelsAlike) {
    for (const int channels : {1, 2, 3, 5, 8}) EXPECT_GE(snr_db(5000, 1 + 300e-6, channels), 100) << channels;
}

TEST(Resampler, PassesConstantsUnchanged) {
    const Memory memory{std::vector<float>(400, 0.5F), 1};
    const Resampler resampler;
    for (double fraction = 0; fraction < 1; fraction += 0.0137) {
        float out = 0;
        resampler.sample(memory.window(20), 1, fraction, &out);
        EXPECT_NEAR(out, 0.5F, 1e-6F);
    }
}

TEST(Resampler, AtAFrameItIsThatFrame) {
    const auto memory = sine(15'000, 100, 1);
    const Resampler resampler;
    float out = 0;
    resampler.sample(memory.window(40 - Resampler::before), 1, 0.0, &out);
    EXPECT_NEAR(out, *memory.window(40), 1e-6F);
}

TEST(Resampler, AboveItsCutoffIsSilence) {
    const auto memory = sine(23'000, 400, 1);
    std::vector<float> out(200);
    MediaPosition position{100, 0.2};
    const Resampler resampler(32.0 / 48);
    resampler.render(memory, position, 1.5, 1, out);
    for (const float x : out) EXPECT_LT(std::abs(x), 1e-4F);
}

TEST(MediaPosition, AdvancesExactlyInEitherDirection) {
    MediaPosition position{-3, 0.75};
    position.advance(0.25);
    EXPECT_EQ(position, (MediaPosition{-2, 0}));
    position.advance(-1e-20);
    EXPECT_EQ(position, (MediaPosition{-2, 0}));
    position.advance(-2.5);
    EXPECT_EQ(position, (MediaPosition{-5, 0.5}));
    MediaPosition driven;
    for (int i = 0; i < 1'000'000; ++i) driven.advance(1.0001);
    EXPECT_NEAR(driven.minus({1'000'100, 0}), 0, 1e-6);
    EXPECT_EQ(MediaPosition::at(-0.25), (MediaPosition{-1, 0.75}));
}

}  // namespace
}  // namespace antiphon::media
