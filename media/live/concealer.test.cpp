// Laws of concealment: what is there is played as it is, a gap is silent but for its fades, and neither end clicks.
#include "media/live/concealer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

namespace antiphon::media {
namespace {

constexpr int fade = 120;
constexpr std::size_t packet = 240;

// 440 Hz left, 1 kHz right.
float signal(std::size_t frame, std::size_t channel) {
    const double hz = channel == 0 ? 440 : 1000;
    return static_cast<float>(0.8 * std::sin(2 * std::numbers::pi * hz / 48000 * static_cast<double>(frame) + 1));
}

// What is heard of `packets` packets of which some are missing, after one call for each.
std::vector<float> heard(std::size_t packets, const std::set<std::size_t>& missing, Concealer& concealer) {
    std::vector<float> all;
    for (std::size_t p = 0; p < packets; ++p) {
        std::vector<float> frames(2 * packet, 9.0F);
        if (missing.contains(p)) {
            concealer.missing(frames);
        } else {
            for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = signal(p * packet + i / 2, i % 2);
            concealer.good(frames);
        }
        all.insert(all.end(), frames.begin(), frames.end());
    }
    return all;
}

float largest_step(const std::vector<float>& frames) {
    float worst = 0;
    for (std::size_t i = 2; i < frames.size(); ++i) worst = std::max(worst, std::abs(frames[i] - frames[i - 2]));
    return worst;
}

// 1 kHz's own steepest step, and the steepest of a fade.
const float step_max =
    static_cast<float>(0.8 * (2 * std::numbers::pi * 1000 / 48000 + std::numbers::pi / 2 / fade)) * 1.01F;

TEST(Concealer, ChangesNothingWhereNothingIsMissing) {
    Concealer concealer(2, fade);
    const auto frames = heard(10, {}, concealer);
    for (std::size_t i = 2 * fade; i < frames.size(); ++i) ASSERT_EQ(frames[i], signal(i / 2, i % 2));
    EXPECT_LE(largest_step(frames), step_max) << "the beginning fades in";
    EXPECT_EQ(concealer.counters().gaps, 0U);
}

TEST(Concealer, AGapFadesOutIsSilentAndFadesIn) {
    Concealer concealer(2, fade);
    const auto frames = heard(10, {4, 5}, concealer);
    EXPECT_LE(largest_step(frames), step_max);
    for (std::size_t i = 2 * (4 * packet + fade); i < 2 * 6 * packet; ++i) ASSERT_EQ(frames[i], 0.0F);
    for (std::size_t i = 2 * (6 * packet + fade); i < frames.size(); ++i) ASSERT_EQ(frames[i], signal(i / 2, i % 2));
    float loudest = 0;
    for (std::size_t i = 0; i < 2 * fade; ++i) loudest = std::max(loudest, std::abs(frames[2 * 4 * packet + i]));
    EXPECT_GT(loudest, 0.4F) << "it goes on at the level of what was there";
    EXPECT_EQ(concealer.counters().gaps, 1U);
    EXPECT_EQ(concealer.counters().frames_missing, 2 * packet);
}

TEST(Concealer, NothingClicksWhateverIsMissing) {
    std::mt19937 random(3);
    for (int run = 0; run < 200; ++run) {
        std::set<std::size_t> missing;
        for (std::size_t p = 0; p < 100; ++p)
            if (random() % 3 == 0) missing.insert(p);
        Concealer concealer(2, fade);
        EXPECT_LE(largest_step(heard(100, missing, concealer)), step_max) << "run " << run;
        EXPECT_EQ(concealer.counters().frames_missing, missing.size() * packet);
    }
}

TEST(Concealer, OfAStreamThatBeginsAnewNothingOldIsHeard) {
    Concealer concealer(2, fade);
    heard(3, {}, concealer);
    concealer.restart();
    std::vector<float> frames(2 * packet, 9.0F);
    concealer.missing(frames);
    EXPECT_EQ(std::ranges::count(frames, 0.0F), static_cast<std::ptrdiff_t>(frames.size()));
}

}  // namespace
}  // namespace antiphon::media
