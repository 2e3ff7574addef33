// Laws of what people write for a live source.
#include "apps/live/source_spec.hpp"

#include <gtest/gtest.h>

namespace antiphon::live {
namespace {

std::string refusal(std::string_view text) {
    const auto spec = parse_source(text);
    return spec ? "not refused" : spec.error().what;
}

TEST(SourceSpec, AToneHasAFrequency) {
    EXPECT_EQ(std::get<ToneSpec>(*parse_source("tone:440")).hertz, 440);
    EXPECT_EQ(std::get<ToneSpec>(*parse_source("tone:261.6")).hertz, 261.6);
    for (const auto* wrong : {"tone:", "tone:a", "tone:19", "tone:20001", "tone:nan", "tone:-440", "tone:440Hz"})
        EXPECT_NE(refusal(wrong).find("no frequency from 20 to 20000 Hz"), std::string::npos) << wrong;
}

TEST(SourceSpec, APipeHasAPathAndPerhapsAFormat) {
    const auto plain = std::get<PipeSpec>(*parse_source("pipe:/run/radio"));
    EXPECT_EQ(plain.path, "/run/radio");
    EXPECT_EQ(plain.format.rate, 48'000);
    EXPECT_EQ(plain.format.channels, 2);
    EXPECT_EQ(plain.format.sample, SampleFormat::s16);
    const auto other = std::get<PipeSpec>(*parse_source("pipe:/run/radio,rate=44100,format=f32,channels=1"));
    EXPECT_EQ(other.path, "/run/radio");
    EXPECT_EQ(other.format.rate, 44'100);
    EXPECT_EQ(other.format.channels, 1);
    EXPECT_EQ(other.format.sample, SampleFormat::f32);
}

TEST(SourceSpec, APathMayHaveCommas) {
    EXPECT_EQ(std::get<PipeSpec>(*parse_source("pipe:/run/a,b=c,channels=1")).path, "/run/a,b=c");
}

TEST(SourceSpec, WhatIsWrongIsNamedWithWhatIsRight) {
    EXPECT_EQ(refusal("pipe:radio"),
              "pipe 'radio' is no absolute path on the coordinator's machine; write pipe:/run/x");
    EXPECT_EQ(refusal("pipe:/x,rate=7999"), "rate '7999' is not from 8000 to 192000 Hz");
    EXPECT_EQ(refusal("pipe:/x,channels=3"), "channels '3': write 1 or 2");
    EXPECT_EQ(refusal("pipe:/x,format=mp3"), "format 'mp3': write s16, s24, s32 or f32 (little-endian)");
    EXPECT_EQ(refusal("song.flac"),
              "source 'song.flac' is no live one; write tone:HZ, pipe:PATH, alsa:NAME, input:WORKER/NAME or feed");
}

TEST(SourceSpec, ASoundCardIsNamedAsForADevice) {
    const auto spec = parse_source("alsa:hw:1,0?buffer=20ms");
    ASSERT_TRUE(spec);
    EXPECT_EQ(std::get<CardSpec>(*spec).device, (alsa::AlsaDevice{"hw:1,0", std::chrono::milliseconds(20)}));
    EXPECT_EQ(parse_source("alsa:").error().code, core::ErrorCode::invalid);
}

TEST(SourceSpec, TellsALiveSourceFromAFile) {
    EXPECT_TRUE(is_live_source("tone:440"));
    EXPECT_TRUE(is_live_source("pipe:"));
    EXPECT_FALSE(is_live_source("blob:abc"));
    EXPECT_FALSE(is_live_source("./tone:440"));
}

}  // namespace
}  // namespace antiphon::live
