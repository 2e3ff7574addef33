// Laws of what people write: each form is understood, everything else is refused with what is allowed.
#include "apps/cli/parse.hpp"

#include <gtest/gtest.h>

namespace antiphon::cli {
namespace {

TEST(Parse, ALevelIsAPartOrAPercentage) {
    EXPECT_DOUBLE_EQ(*parse_level("0"), 0);
    EXPECT_DOUBLE_EQ(*parse_level("1"), 1);
    EXPECT_DOUBLE_EQ(*parse_level("0.25"), 0.25);
    EXPECT_DOUBLE_EQ(*parse_level("25%"), 0.25);
    EXPECT_DOUBLE_EQ(*parse_level("100%"), 1);
    for (const auto* text : {"", "%", "1.01", "101%", "-1", "-0", "nan", "inf", "loud", "50 %", "0.5x"}) {
        const auto level = parse_level(text);
        ASSERT_FALSE(level) << text;
        EXPECT_EQ(level.error().what, "'" + std::string(text) + "' is no volume; write 0 to 1, or 0% to 100%");
    }
}

TEST(Parse, APositionIsSecondsOrAClock) {
    EXPECT_DOUBLE_EQ(*parse_position("0"), 0);
    EXPECT_DOUBLE_EQ(*parse_position("90.5"), 90.5);
    EXPECT_DOUBLE_EQ(*parse_position("1:30"), 90);
    EXPECT_DOUBLE_EQ(*parse_position("100:00.25"), 6000.25);
    EXPECT_DOUBLE_EQ(*parse_position("1:02:03"), 3723);
    for (const auto* text : {"", ":", "1:", ":30", "1:60", "1:2:3:4", "-1", "1.5:00", "now", "inf"})
        EXPECT_FALSE(parse_position(text)) << text;
}

TEST(Parse, ASourceIsAFileOrABlob) {
    EXPECT_EQ(std::get<FileSource>(*parse_source("a song.flac")).path, "a song.flac");
    EXPECT_EQ(std::get<FileSource>(*parse_source("./tone:440")).path, "./tone:440");
    EXPECT_EQ(std::get<FileSource>(*parse_source("12:30.wav")).path, "12:30.wav");
    const std::string hash(64, 'a');
    EXPECT_EQ(std::get<BlobSource>(*parse_source("blob:" + hash)).blob.value, hash);
    EXPECT_EQ(parse_source("blob:short").error().code, core::ErrorCode::invalid);
    EXPECT_EQ(parse_source("").error().code, core::ErrorCode::invalid);
}

TEST(Parse, ALiveSourceIsHandedOnAsItIs) {
    for (const auto* text :
         {"tone:440", "tone:what", "pipe:/tmp/p", "pipe:/tmp/p,rate=44100", "alsa:hw:0", "input:hall/mic"})
        EXPECT_EQ(std::get<LiveSource>(*parse_source(text)).text, text);
}

TEST(Parse, StandardInputIsAFeedOfTheSameForm) {
    EXPECT_EQ(std::get<InputSource>(*parse_source("-")).text, "feed");
    EXPECT_EQ(std::get<InputSource>(*parse_source("stdin,rate=44100")).text, "feed,rate=44100");
    EXPECT_EQ(std::get<InputSource>(*parse_source("stdin")).text, "feed");
    EXPECT_EQ(std::get<FileSource>(*parse_source("./stdin")).path, "./stdin");
}

TEST(Parse, MillisecondsMayHaveTheirUnit) {
    EXPECT_EQ(*parse_milliseconds("40ms"), 40);
    EXPECT_EQ(*parse_milliseconds("12.5"), 12.5);
    for (const auto* text : {"", "ms", "-1ms", "1s", "nan", "1e9"}) EXPECT_FALSE(parse_milliseconds(text)) << text;
}

TEST(Parse, SomeLiveSourcesAreRefusedForNow) {
    for (const auto* text : {"http://r/x", "https://r/x"}) {
        const auto source = parse_source(text);
        ASSERT_FALSE(source) << text;
        EXPECT_EQ(source.error().code, core::ErrorCode::conflict);
        EXPECT_TRUE(source.error().what.ends_with(
            "not in this version; play a file, -, tone:HZ, pipe:PATH, alsa:NAME or input:WORKER/NAME"));
    }
}

TEST(Parse, ListsAreSeparatedByCommasOrOptions) {
    EXPECT_EQ(*parse_list({"a/b,c/d", "all"}, "--to"), (std::vector<std::string>{"a/b", "c/d", "all"}));
    for (const auto* text : {"", ",", "a,", ",a", "a,,b"}) EXPECT_FALSE(parse_list({text}, "--to")) << text;
    EXPECT_EQ(parse_list({}, "--to").error().what, "--to names nothing; write a/b,c/d");
}

TEST(Parse, ALevelOfSoundIsBelowFullScale) {
    EXPECT_EQ(*parse_decibels("-40dB"), -40);
    EXPECT_EQ(*parse_decibels("-3.5"), -3.5);
    EXPECT_EQ(*parse_decibels("0dB"), 0);
    for (const auto* wrong : {"", "dB", "-", "40dB", "3", "-101", "--4", "-4 dB", "loud", "-nan", "-1e99"})
        EXPECT_FALSE(parse_decibels(wrong)) << wrong;
}

TEST(Parse, ALengthOfTimeIsANumberWithItsUnit) {
    EXPECT_EQ(*parse_duration("30s"), 30);
    EXPECT_EQ(*parse_duration("45m"), 2700);
    EXPECT_EQ(*parse_duration("12h"), 43200);
    EXPECT_EQ(*parse_duration("30d"), 30 * 86400);
    EXPECT_EQ(*parse_duration("2w"), 14 * 86400);
    for (const auto* wrong : {"", "d", "30", "0d", "-1d", "1.5d", "30 d", "30D", "36501d", "4294967296d", "1y"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Parse, ADateIsADayOfTheCalendarInUtc) {
    EXPECT_EQ(parse_date("1970-01-01")->ns, 0);
    EXPECT_EQ(parse_date("2027-01-01")->ns, 1'798'761'600'000'000'000);
    EXPECT_TRUE(parse_date("2028-02-29"));
    for (const auto* wrong : {"", "2027-02-29", "2027-13-01", "2027-00-10", "27-01-01", "2027-1-1", "2027/01/01",
                              "1969-12-31", "2200-01-01", "2027-01-01T00", "abcd-ef-gh", "+027-01-01"})
        EXPECT_FALSE(parse_date(wrong)) << wrong;
}

TEST(Parse, AVersionIsAWholeNumber) {
    EXPECT_EQ(*parse_version("7"), 7U);
    for (const auto* text : {"", "-1", "7a", "\"7\""}) EXPECT_FALSE(parse_version(text)) << text;
}

}  // namespace
}  // namespace antiphon::cli
