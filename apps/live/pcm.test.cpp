// Laws of raw sound: every format is the same sound, in whatever pieces it comes.
#include "apps/live/pcm.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>

namespace antiphon::live {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const auto value : values) out.push_back(static_cast<std::byte>(value));
    return out;
}
std::vector<float> frames(PcmReader& reader, std::span<const std::byte> piece) {
    const auto got = reader.read(piece);
    return {got.begin(), got.end()};
}

TEST(Pcm, ReadsEachFormatLittleEndian) {
    PcmReader s16({SampleFormat::s16, 48'000, 2});
    EXPECT_EQ(frames(s16, bytes({0x00, 0x40, 0x00, 0x80})), (std::vector<float>{0.5F, -1.0F}));
    PcmReader s24({SampleFormat::s24, 48'000, 2});
    EXPECT_EQ(frames(s24, bytes({0x00, 0x00, 0x40, 0x00, 0x00, 0x80})), (std::vector<float>{0.5F, -1.0F}));
    PcmReader s32({SampleFormat::s32, 48'000, 2});
    EXPECT_EQ(frames(s32, bytes({0, 0, 0, 0x40, 0, 0, 0, 0x80})), (std::vector<float>{0.5F, -1.0F}));
    PcmReader f32({SampleFormat::f32, 48'000, 2});
    EXPECT_EQ(frames(f32, bytes({0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf})), (std::vector<float>{0.5F, -1.0F}));
}

TEST(Pcm, AMonoSourceIsOnBothChannels) {
    PcmReader mono({SampleFormat::s16, 48'000, 1});
    EXPECT_EQ(frames(mono, bytes({0x00, 0x40})), (std::vector<float>{0.5F, 0.5F}));
}

TEST(Pcm, ThePiecesDoNotMatter) {
    std::vector<std::byte> all;
    for (int i = 0; i < 600; ++i) all.push_back(static_cast<std::byte>(i * 37));
    const PcmFormat format{SampleFormat::s24, 48'000, 2};
    PcmReader at_once(format);
    const auto wanted = frames(at_once, all);
    for (const std::size_t piece : {1U, 2U, 5U, 7U, 599U}) {
        PcmReader reader(format);
        std::vector<float> got;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            const auto some = frames(reader, std::span(all).subspan(at, std::min(piece, all.size() - at)));
            got.insert(got.end(), some.begin(), some.end());
        }
        EXPECT_EQ(got, wanted) << piece;
    }
}

TEST(Pcm, TheRestOfABrokenFrameCanBeForgotten) {
    PcmReader reader({SampleFormat::s16, 48'000, 2});
    EXPECT_TRUE(frames(reader, bytes({1, 2, 3})).empty());
    reader.forget();
    EXPECT_EQ(frames(reader, bytes({0x00, 0x40, 0x00, 0x80})), (std::vector<float>{0.5F, -1.0F}));
}

TEST(Pcm, WhatIsNoNumberIsSilenceAndWhatIsTooLoudIsLoud) {
    PcmReader reader({SampleFormat::f32, 48'000, 1});
    for (const auto& [value, heard] :
         {std::pair{std::numeric_limits<float>::quiet_NaN(), 0.0F},
          std::pair{std::numeric_limits<float>::infinity(), 0.0F}, std::pair{3.0F, 1.0F}, std::pair{-3.0F, -1.0F}}) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        EXPECT_EQ(frames(reader, bytes({static_cast<int>(bits & 255), static_cast<int>(bits >> 8 & 255),
                                        static_cast<int>(bits >> 16 & 255), static_cast<int>(bits >> 24)})),
                  (std::vector<float>{heard, heard}));
    }
}

}  // namespace
}  // namespace antiphon::live
