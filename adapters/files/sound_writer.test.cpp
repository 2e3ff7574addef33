// Laws of written sound: others read what we wrote, and when it began; what is not whole has no name.
#include "adapters/files/sound_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "adapters/files/fixture.test.hpp"

namespace antiphon::files {
namespace {

std::vector<float> hum(int channels, int frames) {
    std::vector<float> samples;
    for (int i = 0; i < frames * channels; ++i)
        samples.push_back(static_cast<float>(0.3 * std::sin(0.13 * (i / channels))));
    return samples;
}

class Written : public testing::TestWithParam<SoundFormat> {};

TEST_P(Written, IsReadByOthersToTheFrame) {
    const TempFolder temp;
    const auto file = temp / ("two" + ending_of(GetParam()));
    auto writer = SoundWriter::open(file, GetParam(), {.channels = 2, .title = "r1 \"hall\""});
    ASSERT_TRUE(writer) << writer.error().what;
    const auto samples = hum(2, 48'000);
    ASSERT_TRUE(writer->write(std::span(samples).first(20'000)));
    ASSERT_TRUE(writer->write(std::span(samples).subspan(20'000)));
    EXPECT_FALSE(std::filesystem::exists(file)) << "it is not whole yet";
    ASSERT_TRUE(writer->finish());
    SF_INFO info{};
    auto* read = sf_open(file.c_str(), SFM_READ, &info);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(info.channels, 2);
    EXPECT_EQ(info.samplerate, 48'000);
    EXPECT_EQ(info.frames, 48'000);
    std::vector<float> heard(samples.size());
    EXPECT_EQ(sf_readf_float(read, heard.data(), 48'000), 48'000);
    double error = 0, power = 0;
    for (std::size_t i = 20'000; i < 80'000; ++i) {
        error += std::pow(heard[i] - samples[i], 2);
        power += std::pow(samples[i], 2);
    }
    EXPECT_LT(error, power * (GetParam() == SoundFormat::opus ? 1e-3 : 1e-12)) << "30 dB, or 24 bits";
    sf_close(read);
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(file) += ".part"));
}

INSTANTIATE_TEST_SUITE_P(EachFormat, Written, testing::Values(SoundFormat::flac, SoundFormat::wav, SoundFormat::opus));

TEST(SoundWriter, AWaveTellsWhenItBegan) {
    const TempFolder temp;
    const auto file = temp / "one.wav";
    SoundAbout about;
    about.title = "Evening prayer";
    about.started = {1'700'000'000'000'000'000};  // 2023-11-14 22:13:20
    about.time_reference = 5'000'000'000;
    auto writer = SoundWriter::open(file, SoundFormat::wav, about);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(hum(1, 100)));
    ASSERT_TRUE(writer->finish());
    SF_INFO info{};
    auto* read = sf_open(file.c_str(), SFM_READ, &info);
    SF_BROADCAST_INFO told{};
    ASSERT_EQ(sf_command(read, SFC_GET_BROADCAST_INFO, &told, sizeof told), SF_TRUE);
    sf_close(read);
    EXPECT_EQ(std::string(told.description), "Evening prayer");
    EXPECT_EQ(std::string(told.origination_date, 10), "2023-11-14");
    EXPECT_EQ(std::string(told.origination_time, 8), "22:13:20");
    EXPECT_EQ(std::uint64_t{told.time_reference_high} << 32 | told.time_reference_low, 5'000'000'000U);
    EXPECT_EQ(read_file(file).substr(0, 4), "RIFF") << "RF64 is for what is longer than 4 GB";
}

TEST(SoundWriter, WhatIsNotFinishedLeavesNothing) {
    const TempFolder temp;
    {
        auto writer = SoundWriter::open(temp / "half.flac", SoundFormat::flac, {});
        ASSERT_TRUE(writer);
        ASSERT_TRUE(writer->write(hum(1, 10'000)));
    }
    EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
}

TEST(SoundWriter, WhatCannotBeWrittenIsRefusedByName) {
    const TempFolder temp;
    const auto nowhere = SoundWriter::open(temp / "no/where.flac", SoundFormat::flac, {});
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().what.find("where.flac"), std::string::npos);
    const auto crowd = SoundWriter::open(temp / "crowd.flac", SoundFormat::flac, {.channels = 32});
    ASSERT_FALSE(crowd);
    EXPECT_EQ(crowd.error().code, core::ErrorCode::invalid);
    EXPECT_NE(crowd.error().what.find("one file for each track"), std::string::npos);
    EXPECT_TRUE(SoundWriter::open(temp / "crowd.wav", SoundFormat::wav, {.channels = 32}));
}

}  // namespace
}  // namespace antiphon::files
