// Laws of decoding: what is accepted, what is refused, and how the refusal names the place.
#include "adapters/json/json.hpp"

#include <gmock/gmock.h>

#include <boost/describe.hpp>
#include <cmath>
#include <limits>

#include "adapters/json/parse.hpp"
#include "core/ids.hpp"

namespace antiphon::json {
namespace {

using testing::HasSubstr;

enum class Mood { calm, wild };
BOOST_DESCRIBE_ENUM(Mood, calm, wild)

struct Inner {
    int start = 0;
    std::optional<std::string> label;
    friend bool operator==(const Inner&, const Inner&) = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (start, label))

struct Outer {
    std::string name;
    std::vector<Inner> sessions;
    std::map<std::string, Mood> moods;
    friend bool operator==(const Outer&, const Outer&) = default;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, sessions, moods))

// Outer and Inner as a later version of this program has them.
struct LaterInner {
    int start = 0;
    std::optional<std::string> label;
    double gain = 0.5;
};
BOOST_DESCRIBE_STRUCT(LaterInner, (), (start, label, gain))

struct LaterOuter {
    std::string name;
    std::vector<LaterInner> sessions;
    bool restored = false;
    std::uint64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(LaterOuter, (), (name, sessions, restored, version))

struct Settings {
    static constexpr bool json_keeps_defaults = true;
    int port = 8740;
    std::string host = "::1";
};
BOOST_DESCRIBE_STRUCT(Settings, (), (port, host))

template <class T>
std::string why_refused(std::string_view text) {
    const auto result = decode<T>(text);
    if (result) return "accepted";
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid);
    return result.error().what;
}

TEST(Decode, AbsentAndNullOptionalsAreEmpty) {
    EXPECT_EQ(*decode<Inner>(R"({"start":1})"), (Inner{1, std::nullopt}));
    EXPECT_EQ(*decode<Inner>(R"({"start":1,"label":null})"), (Inner{1, std::nullopt}));
    EXPECT_EQ(*decode<Inner>(R"({"start":1,"label":"a"})"), (Inner{1, "a"}));
}

TEST(Decode, UnknownFieldsAreIgnoredAndCounted) {
    DecodeCounters counters;
    const auto outer = decode<Outer>(
        R"({"new":[1],"name":"x","sessions":[{"start":4,"a":1,"b":{}}],"moods":{"m":"wild"}})", &counters);
    ASSERT_TRUE(outer);
    EXPECT_EQ(*outer, (Outer{"x", {{4, {}}}, {{"m", Mood::wild}}}));
    EXPECT_EQ(counters, (DecodeCounters{3, 0, 0}));
}

TEST(Decode, AMissingRequiredFieldIsNamedByItsPath) {
    EXPECT_EQ(why_refused<Outer>(R"({"name":"x","sessions":[{"start":1},{"start":2},{"label":"a"}],"moods":{}})"),
              "sessions[2].start is missing, and it is required");
    EXPECT_EQ(why_refused<Outer>(R"({})"), "name is missing, and it is required");
}

TEST(Decode, AWrongTypeSaysWhatWasFoundAndWanted) {
    EXPECT_EQ(why_refused<Inner>(R"({"start":"soon"})"),
              R"(start is the string "soon", wanted a whole number from -2147483648 to 2147483647)");
    EXPECT_EQ(why_refused<Inner>(R"({"start":1,"label":[]})"), "label is an array, wanted a string");
    EXPECT_EQ(why_refused<Inner>(R"([])"), "the document is an array, wanted an object");
    EXPECT_EQ(why_refused<std::vector<bool>>(R"([true,{}])"), "[1] is an object, wanted true or false");
    EXPECT_EQ((why_refused<std::map<std::string, int>>(R"({"a":null})")),
              "a is null, wanted a whole number from -2147483648 to 2147483647");
    EXPECT_EQ(why_refused<Outer>(R"({"name":"x","sessions":{},"moods":{}})"), "sessions is an object, wanted an array");
}

TEST(Decode, ALongStringIsQuotedInPart) {
    const auto why = why_refused<int>("\"" + std::string(47, 'a') + "\xc3\xa4" + std::string(500, 'b') + "\"");
    EXPECT_THAT(why, HasSubstr(std::string(47, 'a') + "...\""));
}

TEST(Decode, EnumeratorsAreNamesAndTheAllowedOnesAreListed) {
    EXPECT_EQ(*decode<Mood>(R"("wild")"), Mood::wild);
    EXPECT_EQ(why_refused<Mood>(R"("sad")"), R"(the document is the string "sad", wanted one of calm, wild)");
    EXPECT_EQ(why_refused<Mood>("1"), "the document is the number 1, wanted one of calm, wild");
}

TEST(Decode, IntegersMustFitTheirType) {
    EXPECT_EQ(*decode<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(*decode<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(*decode<std::int8_t>("-128"), -128);
    EXPECT_EQ(*decode<std::uint8_t>("255"), 255);
    EXPECT_EQ(why_refused<std::uint8_t>("256"), "the document is the number 256, wanted a whole number from 0 to 255");
    EXPECT_EQ(why_refused<std::int8_t>("128"),
              "the document is the number 128, wanted a whole number from -128 to 127");
    for (const auto* text : {"-1", "18446744073709551616", "1.5", "2.0", "1e3", "true", "null"})
        EXPECT_THAT(why_refused<std::uint64_t>(text), HasSubstr("from 0 to 18446744073709551615")) << text;
    for (const auto* text : {"9223372036854775808", "-9223372036854775809"})
        EXPECT_THAT(why_refused<std::int64_t>(text), HasSubstr("wanted a whole number")) << text;
}

TEST(Decode, DoublesAcceptIntegersAndRefuseWhatIsNotFinite) {
    EXPECT_EQ(*decode<double>("3"), 3.0);
    EXPECT_EQ(*decode<double>("18446744073709551615"), 18446744073709551615.0);
    EXPECT_EQ(*decode<double>("0.1"), 0.1);
    EXPECT_EQ(*decode<double>("1e-400"), 0.0);
    EXPECT_EQ(why_refused<double>("1e400"), "the document is the number beyond all numbers, wanted a finite number");
    EXPECT_EQ(why_refused<double>("null"), "the document is null, wanted a number");
    EXPECT_THAT(why_refused<double>("NaN"), HasSubstr("is not JSON"));
    EXPECT_THAT(why_refused<double>("1e99999999999"), HasSubstr("is not JSON"));
}

TEST(Decode, StringsAreUtf8) {
    EXPECT_EQ(*decode<std::string>(R"("\u00e4\ud83d\ude00\u0000")"), std::string("\u00e4\U0001f600\0", 7));
    for (const auto* text : {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", R"("\ud800")"})
        EXPECT_THAT(why_refused<std::string>(text), HasSubstr("is not JSON")) << text;
}

TEST(Decode, AnythingButOneDocumentIsRefused) {
    EXPECT_THAT(why_refused<int>("1 2"), HasSubstr("goes on after its end at byte 2"));
    EXPECT_THAT(why_refused<int>(""), HasSubstr("ends too early"));
    EXPECT_THAT(why_refused<Inner>(R"({"start":1)"), HasSubstr("ends too early"));
    EXPECT_THAT(why_refused<Inner>(R"({"start":1,})"), HasSubstr("is not JSON"));
    EXPECT_THAT(why_refused<int>("/*x*/1"), HasSubstr("is not JSON"));
    EXPECT_EQ(*decode<int>(" 1\r\n\t "), 1);
}

TEST(Decode, ADuplicateKeyIsRefusedAtAnyDepth) {
    EXPECT_THAT(why_refused<Inner>(R"({"start":1,"start":2})"), HasSubstr("names 'start' twice in one object"));
    EXPECT_THAT(why_refused<Inner>(R"({"start":1,"x":[{"\u0061":1,"b":2,"a":3}]})"), HasSubstr("names 'a' twice"));
    EXPECT_TRUE(decode<Inner>(R"({"start":1,"x":{"start":{"start":3}}})"));
}

TEST(Decode, DepthAndSizeAreBounded) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_THAT(why_refused<int>(nested(depth_max + 1)), HasSubstr("nested deeper than 32"));
    EXPECT_EQ(why_refused<int>(nested(depth_max)),
              "the document is an array, wanted a whole number from -2147483648 to 2147483647");
    EXPECT_THAT(why_refused<std::string>("\"" + std::string(document_max_bytes, 'a') + "\""),
                HasSubstr("has 1048578 bytes, over the limit of 1048576"));
    EXPECT_TRUE(decode<std::string>("\"aaaa\"", nullptr, 6));
    EXPECT_FALSE(decode<std::string>("\"aaaaa\"", nullptr, 6));
}

TEST(Decode, EveryRefusalIsCounted) {
    DecodeCounters counters;
    EXPECT_FALSE(decode<int>("x", &counters));
    EXPECT_FALSE(decode<int>("\"x\"", &counters));
    EXPECT_TRUE(decode<int>("1", &counters));
    EXPECT_EQ(counters, (DecodeCounters{0, 0, 2}));
}

TEST(Decode, AStructThatKeepsItsDefaultsMayLackFields) {
    const auto settings = decode<Settings>(R"({"host":"::"})");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->port, 8740);
    EXPECT_EQ(settings->host, "::");
    EXPECT_THAT(why_refused<Settings>(R"({"port":null})"), HasSubstr("port is null"));
}

TEST(Decode, TaggedTypesAndTimesAreTheirNumbers) {
    EXPECT_EQ(*decode<core::WorkerId>("\"w1\""), core::WorkerId{"w1"});
    EXPECT_EQ(*decode<core::Epoch>("7"), core::Epoch{7});
    EXPECT_EQ(*decode<core::LocalTime>("-5"), core::LocalTime{-5});
    EXPECT_EQ(*decode<core::Duration>("250"), core::Duration{250});
    EXPECT_EQ(*decode<core::ClusterTime>(R"({"incarnation":3,"ns":9})"), (core::ClusterTime{{3}, 9}));
    EXPECT_THAT(why_refused<core::ClusterTime>(R"({"incarnation":3})"), HasSubstr("ns is missing"));
    EXPECT_THAT(why_refused<core::Epoch>("-1"), HasSubstr("wanted a whole number"));
}

TEST(Upgrade, GivesFieldsThatWereNotThereTheirDefaultsAtEveryDepth) {
    const auto text = encode(Outer{"x", {{1, "a"}, {2, std::nullopt}}, {{"gone", Mood::wild}}});
    EXPECT_FALSE(decode<LaterOuter>(text));
    EXPECT_EQ(*upgrade<LaterOuter>(text),
              R"({"name":"x","sessions":[{"start":1,"label":"a","gain":0.5},{"start":2,"gain":0.5}],)"
              R"("restored":false,"version":1})");
}

TEST(Upgrade, LeavesWhatIsOfThisVersionAsItIs) {
    const auto once = upgrade<LaterOuter>(encode(Outer{"x", {{1, "a"}}, {}}));
    EXPECT_TRUE(decode<LaterOuter>(*once));
    EXPECT_EQ(*upgrade<LaterOuter>(*once), *once);
}

TEST(Upgrade, RefusesWhatIsThereAndWrong) {
    const auto why = [](std::string_view text) { return upgrade<LaterOuter>(text).error().what; };
    EXPECT_THAT(why(R"({"name":7})"), HasSubstr("name is the number 7"));
    EXPECT_THAT(why(R"({"version":null})"), HasSubstr("version is null"));
    EXPECT_THAT(why(R"({"sessions":[{"start":1},{"start":"x"}]})"), HasSubstr("sessions[1].start"));
    EXPECT_THAT(why(R"({"name":"x")"), HasSubstr("ends too early"));
    EXPECT_THAT(why("[]"), HasSubstr("an array"));
}

}  // namespace
}  // namespace antiphon::json
