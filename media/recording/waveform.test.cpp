// Laws of waveforms: nothing that sounded is left out, however long it is.
#include "media/recording/waveform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace antiphon::media {
namespace {

TEST(Waveform, EachColumnHasItsExtremesAndItsPower) {
    Waveform waveform;
    std::vector<float> samples(64 * 3 + 10, 0.5F);
    samples[70] = -0.75F;
    samples[200] = 1;
    waveform.add(samples);
    const auto columns = waveform.columns();
    ASSERT_EQ(columns.size(), 4U);
    EXPECT_EQ(columns[0].high, 0.5F);
    EXPECT_EQ(columns[0].low, 0);
    EXPECT_DOUBLE_EQ(columns[0].squares, 64 * 0.25);
    EXPECT_EQ(columns[1].low, -0.75F);
    EXPECT_EQ(columns[3].high, 1);
    EXPECT_EQ(columns[3].sound, 10);
}

TEST(Waveform, OfAnyLengthHasABoundedNumberOfColumnsAndLosesNoPeak) {
    Waveform waveform;
    std::vector<float> piece(4799);
    double squares = 0;
    core::FrameCount frames = 0, gaps = 0;
    for (int i = 0; i < 3000; ++i) {
        for (std::size_t k = 0; k < piece.size(); ++k)
            piece[k] = static_cast<float>(0.25 * std::sin(0.01 * static_cast<double>(k + static_cast<std::size_t>(i))));
        if (i == 1234) piece[17] = 0.9F;
        for (const float sample : piece) squares += static_cast<double>(sample) * sample;
        waveform.add(piece);
        frames += static_cast<core::FrameCount>(piece.size());
        if (i % 100 != 7) continue;
        waveform.add_gap(12'345);
        gaps += 12'345;
    }
    EXPECT_EQ(waveform.frames(), frames + gaps);
    const auto columns = waveform.columns();
    EXPECT_LE(columns.size(), Waveform::columns_max);
    EXPECT_GT(columns.size(), Waveform::columns_max / 2);
    double total = 0;
    core::FrameCount sound = 0;
    float high = 0;
    std::size_t peak = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        total += columns[i].squares;
        sound += columns[i].sound;
        if (columns[i].high > high) peak = i;
        high = std::max(high, columns[i].high);
    }
    EXPECT_NEAR(total, squares, 1e-6 * squares);
    EXPECT_EQ(sound, frames) << "what is missing is no sound";
    EXPECT_EQ(high, 0.9F);
    const auto at = 1234LL * 4799 + 17 + 13 * 12'345;
    EXPECT_EQ(static_cast<core::FrameCount>(peak), at / waveform.frames_per_column());
}

}  // namespace
}  // namespace antiphon::media
