// Laws of SBC over A2DP: what is chosen both sides have, packets fit and say what they hold, and what was sent sounds.
#include "media/codecs/a2dp_sbc.hpp"

#include <gtest/gtest.h>
#include <sbc/sbc.h>

#include <cmath>
#include <numbers>
#include <random>

#include "media/codecs/a2dp_elements.test.hpp"

namespace antiphon::media {
namespace {

using test::elements;

std::string chosen_from(std::initializer_list<int> device, const A2dpCodec& codec = a2dp_sbc) {
    const auto chosen = codec.choose(elements(device));
    if (!chosen) return chosen.error().what;
    const auto format = codec.read(*chosen);
    return format ? format->text : format.error().what;
}

TEST(A2dpSbc, TakesTheBestThatBothHave) {
    EXPECT_EQ(chosen_from({0xFF, 0xFF, 2, 250}), "SBC, 48 kHz joint stereo, bitpool 51");
    EXPECT_EQ(chosen_from({0xFF, 0xFF, 2, 35}), "SBC, 48 kHz joint stereo, bitpool 35") << "what the device takes";
    EXPECT_EQ(chosen_from({0x21, 0x15, 2, 53}), "SBC, 44.1 kHz joint stereo, bitpool 53");
    EXPECT_EQ(chosen_from({0x18, 0x15, 2, 53}), "SBC, 48 kHz mono, bitpool 29");
    EXPECT_EQ(chosen_from({0x22, 0x15, 60, 80}), "SBC, 44.1 kHz stereo, bitpool 60") << "not below what it takes";
    EXPECT_EQ(chosen_from({0xFF, 0xFF, 2, 250}, a2dp_sbc_xq), "SBC, 48 kHz dual channel, bitpool 43");
    EXPECT_EQ(chosen_from({0x21, 0x15, 2, 53}, a2dp_sbc_xq), "SBC, 44.1 kHz joint stereo, bitpool 53");
}

TEST(A2dpSbc, RefusesByNameWhatIsNoCapability) {
    EXPECT_EQ(a2dp_sbc.choose(elements({0xFF, 0xFF, 2})).error().code, core::ErrorCode::corrupt);
    EXPECT_EQ(a2dp_sbc.choose({}).error().what, "SBC elements have 4 bytes, not 0");
    EXPECT_EQ(chosen_from({0xFF, 0xFF, 60, 2}), "SBC bitpools from 60 to 2 do not exist; 2 to 250 do");
    EXPECT_EQ(chosen_from({0xFF, 0xFF, 0, 0}), "SBC bitpools from 0 to 0 do not exist; 2 to 250 do");
    EXPECT_EQ(a2dp_sbc.choose(elements({0xC1, 0xFF, 2, 53})).error().code, core::ErrorCode::invalid) << "32 kHz";
    EXPECT_NE(chosen_from({0x10, 0xFF, 2, 53}).find("leave a field empty"), std::string::npos);
}

TEST(A2dpSbc, AConfigurationHasOneChoiceAField) {
    EXPECT_TRUE(a2dp_sbc.read(elements({0x11, 0x15, 2, 51})));
    for (const auto& wrong :
         {elements({0x31, 0x15, 2, 51}), elements({0x13, 0x15, 2, 51}), elements({0x11, 0x35, 2, 51}),
          elements({0x11, 0x1D, 2, 51}), elements({0x11, 0x17, 2, 51}), elements({0x10, 0x15, 2, 51}),
          elements({0x18, 0x19, 2, 65}), elements({0x11, 0x19, 2, 129}), elements({0x11, 0x15, 2, 51, 0})}) {
        EXPECT_EQ(a2dp_sbc.read(wrong).error().code, core::ErrorCode::corrupt);
        EXPECT_EQ(a2dp_sbc.open(wrong, 895).error().code, core::ErrorCode::corrupt);
    }
}

TEST(A2dpSbc, EachConfigurationHasTheLengthThatItsDecoderFinds) {
    int seen = 0;
    for (const int rate : {0x10, 0x20, 0x40, 0x80})
        for (const int mode : {1, 2, 4, 8})
            for (const int blocks : {0x10, 0x20, 0x40, 0x80})
                for (const int rest : {0x05, 0x06, 0x09, 0x0A})
                    for (const int bitpool : {2, 31, 53, 64}) {
                        const auto configuration = elements({rate | mode, blocks | rest, 2, bitpool});
                        const auto encoder = a2dp_sbc.open(configuration, 672);  // its own assertion compares lengths
                        ASSERT_TRUE(encoder) << encoder.error().what;
                        const auto frames = (*encoder)->packet_frames();
                        std::vector<float> silence(static_cast<std::size_t>(frames * (mode == 8 ? 1 : 2)));
                        EXPECT_LE((*encoder)->encode(silence, 0).size(), 672U);
                        ++seen;
                    }
    EXPECT_EQ(seen, 1024);
}

TEST(A2dpSbc, APacketHoldsWhatFitsAndFifteenAtMost) {
    const auto configuration = elements({0x11, 0x15, 2, 51});
    const auto frames = [&](std::size_t mtu) { return (*a2dp_sbc.open(configuration, mtu))->packet_frames(); };
    EXPECT_EQ(frames(672), 5 * 128);
    EXPECT_EQ(frames(895), 7 * 128);
    EXPECT_EQ(frames(65'535), 15 * 128);
    EXPECT_EQ(frames(13 + 115), 128);
    for (const std::size_t mtu : {0UL, 12UL, 127UL})
        EXPECT_EQ(a2dp_sbc.open(configuration, mtu).error().code, core::ErrorCode::invalid) << mtu;
}

// What a headset would play.
struct Decoded {
    std::vector<double> left;
    std::vector<std::uint32_t> times;
    std::vector<int> numbers;
};

Decoded through(A2dpEncoder& encoder, int packets, double hz, double rate) {
    Decoded decoded;
    sbc_t sbc;
    EXPECT_EQ(sbc_init(&sbc, 0), 0);
    core::FrameCount first = 0;
    for (int k = 0; k < packets; ++k) {
        std::vector<float> frames;
        for (core::FrameCount i = first; i < first + encoder.packet_frames(); ++i) {
            const auto x =
                static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
            frames.insert(frames.end(), {x, -x});
        }
        auto packet = encoder.encode(frames, first);
        const auto octet = [&](std::size_t at) { return std::to_integer<std::uint32_t>(packet[at]); };
        EXPECT_EQ(octet(0) << 8 | octet(1), 0x8060U);
        decoded.numbers.push_back(static_cast<int>(octet(2) << 8 | octet(3)));
        decoded.times.push_back(octet(4) << 24 | octet(5) << 16 | octet(6) << 8 | octet(7));
        auto left = octet(12);
        for (packet = packet.subspan(13); left > 0; --left) {
            std::array<std::int16_t, 256> pcm;
            std::size_t bytes = 0;
            const auto taken = sbc_decode(&sbc, packet.data(), packet.size(), pcm.data(), sizeof pcm, &bytes);
            EXPECT_GT(taken, 0);
            packet = packet.subspan(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)));
            for (std::size_t i = 0; i < bytes / 4; ++i) decoded.left.push_back(pcm[2 * i] / 32768.0);
        }
        EXPECT_TRUE(packet.empty()) << "nothing is behind the last frame";
        first += encoder.packet_frames();
    }
    sbc_finish(&sbc);
    return decoded;
}

TEST(A2dpSbc, ATonePassesWithFortyDecibelsAndItsPitch) {
    struct Case {
        A2dpElements configuration;
        double rate;
    };
    for (const auto& [configuration, rate] :
         {Case{elements({0x11, 0x15, 2, 51}), 48'000.}, Case{elements({0x21, 0x15, 2, 53}), 44'100.},
          Case{elements({0x14, 0x15, 2, 43}), 48'000.}}) {
        auto encoder = a2dp_sbc.open(configuration, 895);
        ASSERT_TRUE(encoder);
        const double hz = 1000;
        const auto heard = through(**encoder, 40, hz, rate).left;
        const auto begin = heard.size() / 4, end = heard.size();
        double in_phase = 0, quadrature = 0, energy = 0;
        for (auto i = begin; i < end; ++i) {
            const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
            in_phase += heard[i] * std::sin(angle);
            quadrature += heard[i] * std::cos(angle);
            energy += heard[i] * heard[i];
        }
        const auto count = static_cast<double>(end - begin);
        const double tone = 2 * (in_phase * in_phase + quadrature * quadrature) / count;
        EXPECT_GT(10 * std::log10(tone / (energy - tone)), 40);
        EXPECT_NEAR(tone / count, 0.125, 0.005) << "as loud as it was";
    }
}

TEST(A2dpSbc, WhatIsDecodedIsLaterByItsFilters) {
    for (const auto& configuration : {elements({0x11, 0x15, 2, 51}), elements({0x11, 0x19, 2, 40})}) {
        auto encoder = a2dp_sbc.open(configuration, 895);
        ASSERT_TRUE(encoder);
        const double hz = 100, rate = 48'000;
        const auto heard = through(**encoder, 40, hz, rate).left;
        const auto period = static_cast<std::size_t>(rate / hz);
        const auto begin = 2 * period, end = heard.size() - heard.size() % period;
        double in_phase = 0, quadrature = 0;
        for (auto i = begin; i < end; ++i) {
            const double angle = 2 * std::numbers::pi * static_cast<double>(i % period) / static_cast<double>(period);
            in_phase += heard[i] * std::sin(angle);
            quadrature += heard[i] * std::cos(angle);
        }
        const double delay = -std::atan2(quadrature, in_phase) / (2 * std::numbers::pi) * static_cast<double>(period);
        EXPECT_NEAR(delay, static_cast<double>(a2dp_sbc.read(configuration)->delay_frames), 0.2);
    }
}

TEST(A2dpSbc, PacketsCountOn) {
    auto encoder = a2dp_sbc.open(elements({0x11, 0x15, 2, 51}), 895);
    ASSERT_TRUE(encoder);
    const auto decoded = through(**encoder, 5, 440, 48'000);
    EXPECT_EQ(decoded.numbers, (std::vector{0, 1, 2, 3, 4}));
    EXPECT_EQ(decoded.times, (std::vector<std::uint32_t>{0, 896, 1792, 2688, 3584}));
}

TEST(A2dpSbc, WhateverADeviceSaysMakesAnEncoderOrAnError) {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        A2dpElements device(random() % 16 == 0 ? random() % 8 : 4);
        for (auto& byte : device) byte = static_cast<std::byte>(random());
        const auto chosen = (random() % 2 == 0 ? a2dp_sbc : a2dp_sbc_xq).choose(device);
        if (!chosen) continue;
        const auto format = a2dp_sbc.read(*chosen);
        ASSERT_TRUE(format) << format.error().what;
        EXPECT_TRUE(format->rate == 48'000 || format->rate == 44'100);
        EXPECT_GE((*chosen)[3], device[2]);
        EXPECT_LE((*chosen)[3], device[3]);
    }
}

}  // namespace
}  // namespace antiphon::media
