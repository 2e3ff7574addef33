// Laws of the interpolation kernel.
#include "media/windowed_sinc.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace antiphon::media {
namespace {

TEST(SincKernel, IsOneAtItsCentreAndZeroAtEveryOtherFrame) {
    const SincKernel kernel{.half_width = 24, .beta = 12};
    EXPECT_EQ(kernel.at(0), 1);
    for (int frame = 1; frame < 30; ++frame) {
        EXPECT_NEAR(kernel.at(frame), 0, 1e-16);
        EXPECT_EQ(kernel.at(frame + 0.3), kernel.at(-frame - 0.3));
    }
    EXPECT_EQ(kernel.at(24), 0);
}

TEST(SincKernel, PassesItsBandAndStopsTheRest) {
    const SincKernel kernel{.half_width = 32, .beta = 9, .cutoff = 0.5};
    const auto response_at = [&](double band) {  // relative to the Nyquist frequency
        double sum = 0;
        for (int frame = -32; frame <= 32; ++frame) sum += kernel.at(frame) * std::cos(std::numbers::pi * band * frame);
        return std::abs(sum);
    };
    for (const double band : {0.0, 0.2, 0.35}) EXPECT_NEAR(response_at(band), 1, 1e-4);
    EXPECT_NEAR(response_at(0.5), 0.5, 1e-3);
    for (const double band : {0.65, 0.8, 1.0}) EXPECT_LT(response_at(band), 1e-4);
}

}  // namespace
}  // namespace antiphon::media
