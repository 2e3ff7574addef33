// What a meter shows of sounds whose level is known.
#include "media/level_meter.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

namespace antiphon::media {
namespace {

constexpr core::SampleRate rate = 48000;

std::vector<float> sine(double amplitude) {
    std::vector<float> samples;
    for (core::SampleRate i = 0; i < rate; ++i)
        samples.push_back(static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * 1000 * i / rate)));
    return samples;
}

TEST(LevelMeter, ASineOfFullScaleHasMinusThreeAndItsPeakNone) {
    LevelMeter meter(rate);
    meter.add(sine(1));
    ASSERT_TRUE(meter.level());
    EXPECT_NEAR(meter.level()->rms_db, -3.01, 0.01);
    EXPECT_NEAR(meter.level()->peak_db, 0, 0.01);
}

TEST(LevelMeter, ShowsTheLastWholeSecondWhateverThePiecesAre) {
    LevelMeter meter(rate);
    const auto loud = sine(0.5);
    const auto quiet = sine(0.05);
    meter.add(std::span(loud).first(rate - 1));
    EXPECT_FALSE(meter.level()) << "not a whole one yet";
    meter.add(std::span(loud).last(1));
    EXPECT_NEAR(meter.level()->rms_db, -9.03, 0.01);
    meter.add(std::span(quiet).first(1000));
    EXPECT_NEAR(meter.level()->rms_db, -9.03, 0.01);
    meter.add(std::span(quiet).subspan(1000));
    EXPECT_NEAR(meter.level()->rms_db, -29.03, 0.01);
}

TEST(LevelMeter, SilenceHasABound) {
    LevelMeter meter(rate);
    meter.add(std::vector<float>(rate));
    EXPECT_EQ(meter.level()->rms_db, core::silent_db);
    EXPECT_EQ(meter.level()->peak_db, core::silent_db);
}

}  // namespace
}  // namespace antiphon::media
