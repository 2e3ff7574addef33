// Laws of the ruler: known fractional delays are found, alone and among copies; the errors are printed.
#include "media/correlate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "media/fft.hpp"

namespace antiphon::media {
namespace {

constexpr std::size_t size = 1 << 14;

// Noise up to `band` of the Nyquist frequency, delayed by arithmetic in the spectrum (circularly), copies added up.
std::vector<float> noise(unsigned seed, double band, const std::vector<Arrival>& copies) {
    std::mt19937 random(seed);
    std::normal_distribution<> normal;
    std::vector<std::complex<double>> spectrum(size);
    for (std::size_t k = 1; k < static_cast<std::size_t>(band * size / 2); ++k) {
        const std::complex<double> line{normal(random), normal(random)};
        for (const auto& copy : copies)
            spectrum[k] += line * std::polar(copy.gain, -2 * M_PI * static_cast<double>(k) * copy.delay_frames / size);
        spectrum[size - k] = std::conj(spectrum[k]);
    }
    inverse_fft(spectrum);
    std::vector<float> samples;
    for (const auto& value : spectrum) samples.push_back(static_cast<float>(value.real() * 40));
    return samples;
}

TEST(Align, FindsAFractionalDelayItsGainAndThatNothingIsLeft) {
    double worst = 0;
    for (unsigned seed = 0; seed < 6; ++seed) {
        std::mt19937 random(seed + 100);
        const double delay = std::uniform_real_distribution<>(-900, 900)(random), gain = seed % 2 ? 0.3 : -0.7;
        const double band = 0.3 + 0.1 * seed;
        const auto found = align(noise(seed, band, {{0, 1}}), noise(seed, band, {{delay, gain}}), 1000);
        ASSERT_TRUE(found) << found.error().what;
        worst = std::max(worst, std::abs(found->delay_frames - delay));
        EXPECT_NEAR(found->delay_frames, delay, 0.01) << "seed " << seed;
        EXPECT_NEAR(found->gain, gain, 0.001) << "seed " << seed;
        EXPECT_LT(found->residual_db, -60) << "seed " << seed;
    }
    std::printf("one copy: worst error %.5f frames\n", worst);
}

TEST(FindArrivals, TellsFourMixedCopiesApart) {
    double worst = 0, worst_gain = 0;
    for (unsigned seed = 0; seed < 6; ++seed) {
        std::mt19937 random(seed + 500);
        std::vector<Arrival> copies;
        double at = -700;
        for (const double gain : {0.6, 1.0, 0.15, 0.4}) {
            at += std::uniform_real_distribution<>(5, 400)(random);
            copies.push_back({at, gain});
        }
        const auto found = find_arrivals(noise(seed, 0.85, {{0, 1}}), noise(seed, 0.85, copies), 1000, 4);
        ASSERT_TRUE(found) << found.error().what;
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_NEAR((*found)[i].delay_frames, copies[i].delay_frames, 0.01) << "seed " << seed;
            EXPECT_NEAR((*found)[i].gain, copies[i].gain, 0.003) << "seed " << seed;
            worst = std::max(worst, std::abs((*found)[i].delay_frames - copies[i].delay_frames));
            worst_gain = std::max(worst_gain, std::abs((*found)[i].gain - copies[i].gain));
        }
    }
    std::printf("four copies: worst error %.5f frames, gain %.5f\n", worst, worst_gain);
}

TEST(FindArrivals, LooksForNothingInTheShadowOfACopy) {
    // What looks like a second copy 0.4 frames after the first is a first one that is not quite where it was expected.
    const auto found =
        find_arrivals(noise(1, 0.85, {{0, 1}}), noise(1, 0.85, {{100, 1}, {100.4, 0.3}, {300, 0.2}}), 1000, 3);
    ASSERT_TRUE(found) << found.error().what;
    for (std::size_t i = 1; i < found->size(); ++i)
        EXPECT_GE((*found)[i].delay_frames - (*found)[i - 1].delay_frames, arrivals_apart_frames);
    for (const auto& arrival : *found) EXPECT_LT(std::abs(arrival.gain), 1.4);
}

TEST(Align, SeesForeignSoundAsResidual) {
    auto mixed = noise(1, 0.8, {{12.25, 1}});
    const auto foreign = noise(2, 0.8, {{0, 0.1}});
    for (std::size_t i = 0; i < size; ++i) mixed[i] += foreign[i];
    const auto found = align(noise(1, 0.8, {{0, 1}}), mixed, 200);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->delay_frames, 12.25, 0.01);
    EXPECT_NEAR(found->residual_db, -20, 0.5);
}

TEST(Align, RefusesWhatHasNoDelay) {
    const std::vector<float> silence(size), shortish(100, 1.0F), sound = noise(1, 0.5, {{0, 1}});
    EXPECT_EQ(align(silence, sound, 100).error().code, core::ErrorCode::invalid);
    EXPECT_EQ(align(sound, silence, 100).error().code, core::ErrorCode::invalid);
    EXPECT_EQ(align(shortish, sound, 100).error().code, core::ErrorCode::invalid);
}

TEST(Fft, IsUndoneByItsInverse) {
    std::mt19937 random(1);
    std::vector<std::complex<double>> values(1024);
    for (auto& value : values) value = {static_cast<double>(random() % 1000), static_cast<double>(random() % 1000)};
    auto copy = values;
    fft(copy);
    EXPECT_NEAR(std::abs(copy[0] - std::accumulate(values.begin(), values.end(), std::complex<double>{})), 0, 1e-6);
    inverse_fft(copy);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(std::abs(copy[i] - values[i]), 0, 1e-9);
}

}  // namespace
}  // namespace antiphon::media
