// Laws of aptX over A2DP: only its own elements are taken, packets are code words that a decoder turns into what was
// sent.
#include "media/codecs/a2dp_aptx.hpp"

extern "C" {  // which its header does not say
#include <freeaptx.h>
}
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numbers>

#include "media/codecs/a2dp_elements.test.hpp"

namespace antiphon::media {
namespace {

using test::elements;

A2dpElements aptx(int field) { return elements({0x4F, 0, 0, 0, 1, 0, field}); }

TEST(A2dpAptx, TakesTheBestThatBothHave) {
    EXPECT_EQ(*a2dp_aptx.choose(aptx(0x32)), aptx(0x12));
    EXPECT_EQ(*a2dp_aptx.choose(aptx(0xF3)), aptx(0x12));
    EXPECT_EQ(*a2dp_aptx.choose(aptx(0x22)), aptx(0x22));
    EXPECT_EQ(a2dp_aptx.read(aptx(0x12))->text, "aptX, 48 kHz");
    EXPECT_EQ(a2dp_aptx.read(aptx(0x22))->text, "aptX, 44.1 kHz");
    EXPECT_EQ(a2dp_aptx.read(aptx(0x12))->bits_per_s, 384'000);
    EXPECT_EQ(a2dp_aptx.choose(aptx(0x11)).error().code, core::ErrorCode::invalid) << "mono";
    EXPECT_EQ(a2dp_aptx.choose(aptx(0xC2)).error().code, core::ErrorCode::invalid) << "16 and 32 kHz";
}

TEST(A2dpAptx, RefusesByNameWhatIsNotItsOwn) {
    EXPECT_EQ(a2dp_aptx.choose(elements({0x4F, 0, 0, 0, 1, 0})).error().what, "aptX elements have 7 bytes, not 6");
    EXPECT_EQ(a2dp_aptx.choose(elements({0x4F, 0, 0, 0, 2, 0, 0x12})).error().what,
              "aptX elements begin with the numbers of another codec");
    for (const int field : {0x32, 0x13, 0x02, 0x10, 0x42})
        EXPECT_EQ(a2dp_aptx.open(aptx(field), 895).error().code, core::ErrorCode::corrupt) << field;
    EXPECT_EQ(a2dp_aptx.open(aptx(0x12), 3).error().code, core::ErrorCode::invalid);
}

TEST(A2dpAptx, APacketHoldsTheWordsThatFitAndFortyMillisecondsAtMost) {
    const auto frames = [](std::size_t mtu) { return (*a2dp_aptx.open(aptx(0x12), mtu))->packet_frames(); };
    EXPECT_EQ(frames(895), 892);
    EXPECT_EQ(frames(4), 4);
    EXPECT_EQ(frames(65'535), 1920);
}

// The left channel as a device would play it: libfreeaptx leaves out what comes of the filters alone.
std::vector<double> through(A2dpEncoder& encoder, int packets, double hz) {
    const std::unique_ptr<aptx_context, void (*)(aptx_context*)> decoder(aptx_init(0), aptx_finish);
    std::vector<double> left(static_cast<std::size_t>(a2dp_aptx.read(aptx(0x12))->delay_frames));
    core::FrameCount first = 0;
    for (int k = 0; k < packets; ++k) {
        std::vector<float> frames;
        for (core::FrameCount i = first; i < first + encoder.packet_frames(); ++i) {
            const auto x =
                static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 48'000));
            frames.insert(frames.end(), {x, -x});
        }
        const auto packet = encoder.encode(frames, first);
        EXPECT_EQ(packet.size(), frames.size() / 2) << "a byte a frame";
        std::vector<unsigned char> code(packet.size()), pcm(packet.size() * 6);
        for (std::size_t i = 0; i < code.size(); ++i) code[i] = std::to_integer<unsigned char>(packet[i]);
        std::size_t bytes = 0;
        EXPECT_EQ(aptx_decode(decoder.get(), code.data(), code.size(), pcm.data(), pcm.size(), &bytes), code.size());
        for (std::size_t i = 0; i + 6 <= bytes; i += 6)
            left.push_back((pcm[i] | pcm[i + 1] << 8 | static_cast<signed char>(pcm[i + 2]) * 65'536) / 8'388'608.0);
        first += encoder.packet_frames();
    }
    EXPECT_EQ(left.size(), static_cast<std::size_t>(first)) << "what is decoded is later by as much as is told";
    return left;
}

TEST(A2dpAptx, ATonePassesWithFortyDecibelsInItsPlace) {
    auto encoder = a2dp_aptx.open(aptx(0x12), 895);
    ASSERT_TRUE(encoder);
    constexpr double hz = 300, rate = 48'000;
    const auto heard = through(**encoder, 40, hz);
    const auto delay = static_cast<double>(a2dp_aptx.read(aptx(0x12))->delay_frames);
    constexpr std::size_t period = 160;  // whole ones are judged
    double tone = 0, quadrature = 0, energy = 0, count = 0;
    for (auto i = 50 * period; i < heard.size() / period * period; ++i, ++count) {
        const double angle = 2 * std::numbers::pi * hz * (static_cast<double>(i) - delay) / rate;
        tone += heard[i] * std::sin(angle);
        quadrature += heard[i] * std::cos(angle);
        energy += heard[i] * heard[i];
    }
    const double of_tone = 2 * (tone * tone + quadrature * quadrature) / count;
    EXPECT_GT(10 * std::log10(of_tone / (energy - of_tone)), 40);
    EXPECT_NEAR(of_tone / count, 0.125, 0.005) << "as loud as it was";
    EXPECT_LT(std::abs(std::atan2(quadrature, tone)) / (2 * std::numbers::pi * hz) * rate, 1) << "within a frame";
}

}  // namespace
}  // namespace antiphon::media
