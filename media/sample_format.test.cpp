// Laws of sound as bytes: every format is the same sound, and what is written is read again.
#include "media/sample_format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace antiphon::media {
namespace {

constexpr std::array all_formats{SampleFormat::s16, SampleFormat::s24, SampleFormat::s24_in_32, SampleFormat::s32,
                                 SampleFormat::f32};

std::vector<std::byte> encoded(SampleFormat format, const std::vector<float>& samples) {
    std::vector<std::byte> bytes(samples.size() * static_cast<std::size_t>(bytes_per_sample(format)));
    SampleEncoder(format).encode(samples, bytes.data());
    return bytes;
}
std::vector<float> decoded(SampleFormat format, const std::vector<std::byte>& bytes) {
    std::vector<float> samples(bytes.size() / static_cast<std::size_t>(bytes_per_sample(format)));
    decode_samples(format, bytes.data(), samples);
    return samples;
}

TEST(SampleFormat, WhatIsWrittenIsReadToWithinItsSteps) {
    std::vector<float> sound;
    for (int i = 0; i < 4800; ++i) sound.push_back(static_cast<float>(0.9 * std::sin(0.037 * i)));
    for (const auto format : all_formats) {
        const auto heard = decoded(format, encoded(format, sound));
        const float step = format == SampleFormat::s16 ? 1.0F / 32768 : 1.0F / 8388608;
        const float most = format == SampleFormat::s16 ? 1.5F * step : 0.51F * step;
        for (std::size_t i = 0; i < sound.size(); ++i)
            ASSERT_NEAR(heard[i], sound[i], most) << static_cast<int>(format);
    }
}

TEST(SampleFormat, SilenceIsExactAndWhatIsTooLoudIsCut) {
    for (const auto format : all_formats) {
        EXPECT_EQ(decoded(format, encoded(format, {0, 0, 0})), (std::vector<float>{0, 0, 0}));
        const auto cut = decoded(format, encoded(format, {7.0F, -7.0F}));
        EXPECT_NEAR(cut[0], 1, 1e-4);
        EXPECT_NEAR(cut[1], -1, 1e-4);
    }
}

TEST(SampleFormat, ALevelBelowOneStepIsKeptByTheDither) {
    for (const float level : {0.3F, -0.7F}) {
        const std::vector<float> faint(200'000, level / 32768);
        double sum = 0;
        for (const float sample : decoded(SampleFormat::s16, encoded(SampleFormat::s16, faint))) sum += sample;
        EXPECT_NEAR(sum / 200'000 * 32768, level, 0.01);
    }
}

TEST(SampleFormat, WhatIsNoNumberIsSilence) {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        std::vector<std::byte> bytes(4);
        for (int i = 0; i < 4; ++i)
            bytes[static_cast<std::size_t>(i)] =
                static_cast<std::byte>(std::bit_cast<std::uint32_t>(value) >> (8 * i) & 0xFF);
        EXPECT_EQ(decoded(SampleFormat::f32, bytes), std::vector<float>{0});
    }
}

}  // namespace
}  // namespace antiphon::media
