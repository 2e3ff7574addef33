// Laws of the fit: gains come out as they went in, near misses are put right, dependent copies do no harm.
#include "apps/ruler/mics/copies.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/ruler/mics/moved.hpp"
#include "apps/ruler/mics/scene.test.hpp"
#include "apps/ruler/mics/whitening.hpp"

namespace antiphon::ruler {
namespace {

constexpr std::size_t edge = 400;

std::vector<float> mixed(const std::vector<float>& sound, const std::vector<media::Arrival>& arrivals) {
    std::vector<float> sum(sound.size()), copy(sound.size() - 2 * 300);
    for (const auto& arrival : arrivals) {
        moved(sound, 300 - arrival.delay_frames, 1, copy);
        for (std::size_t i = 0; i < copy.size(); ++i) sum[300 + i] += static_cast<float>(arrival.gain) * copy[i];
    }
    return sum;
}

TEST(FitCopies, FindsTheGainsAndThatNothingIsLeft) {
    const auto sound = tune(0.7);
    const auto recorded = mixed(sound, {{-120.25, 0.5}, {3.5, 1.5}, {7.75, -0.2}});
    const auto fit = fit_copies(sound, recorded, std::vector<double>{-120.25, 3.5, 7.75}, edge);
    EXPECT_NEAR(fit.gains[0], 0.5, 1e-4);
    EXPECT_NEAR(fit.gains[1], 1.5, 1e-4);
    EXPECT_NEAR(fit.gains[2], -0.2, 1e-4);
    EXPECT_LT(fit.residual_db(), -80);
}

TEST(FitCopies, GivesACopyThatIsThereTwiceNothing) {
    const auto sound = tune(0.7);
    const auto fit = fit_copies(sound, mixed(sound, {{5, 0.5}}), std::vector<double>{5, 5}, edge);
    EXPECT_NEAR(fit.gains[0] + fit.gains[1], 0.5, 1e-3);
    EXPECT_LT(fit.residual_db(), -60);
    EXPECT_EQ(fit_copies(sound, std::vector<float>(sound.size()), std::vector<double>{5}, edge).residual_db(), 0);
}

TEST(RefineCopies, PutsANearMissRight) {
    const auto sound = tune(0.7);
    const auto recorded = mixed(sound, {{-20.3, 0.5}, {40.1, 0.25}});
    std::vector<media::Arrival> arrivals{{-20.0, 0.4}, {40.4, 0.3}};
    refine_copies(sound, recorded, arrivals, edge);
    EXPECT_NEAR(arrivals[0].delay_frames, -20.3, 1e-3);
    EXPECT_NEAR(arrivals[1].delay_frames, 40.1, 1e-3);
    EXPECT_NEAR(arrivals[1].gain, 0.25, 1e-3);
}

TEST(Whitening, TakesAwayWhatThePastForetellsAndKeepsCopies) {
    const auto sound = tune(1);
    const Whitening whitening(sound);
    const auto power = [](const std::vector<float>& samples) {
        double sum = 0;
        for (std::size_t i = 100; i < samples.size(); ++i) sum += std::pow(static_cast<double>(samples[i]), 2);
        return sum;
    };
    const auto sharp = whitening.of(sound);
    EXPECT_LT(power(sharp), 0.1 * power(sound));
    std::vector<float> later(sound.size());
    std::copy(sound.begin(), sound.end() - 50, later.begin() + 50);
    const auto sharp_later = whitening.of(later);
    for (std::size_t i = 200; i < sound.size(); i += 31) ASSERT_NEAR(sharp_later[i], sharp[i - 50], 1e-6);
}

}  // namespace
}  // namespace antiphon::ruler
