// Laws of the log: one entry is one line, whatever data it carries; JSON stays JSON; levels are obeyed.
#include "adapters/system/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>

#include "adapters/system/log_format.hpp"

namespace antiphon::system::log {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr core::WallTime noon{1'795'521'600'123'456'789};  // 2026-11-24 12:00:00.123456789

Entry entry(std::string_view event, Fields fields, std::string_view text) {
    return {.time = noon, .node = "hall", .boot = "7", .event = event, .fields = fields, .text = text};
}

TEST(LogText, IsShortOnATerminalAndCompleteElsewhere) {
    EXPECT_EQ(format_text(entry("mqtt.connected", {{"broker", "mqtt://a:1"}, {"try", 2}}, "back again"), Paper::plain),
              "2026-11-24T12:00:00.123456Z info    hall boot=7 mqtt.connected: back again broker=mqtt://a:1 try=2");
    EXPECT_EQ(format_text(entry("a.b", {}, ""), Paper::terminal), "12:00:00.123 \x1b[32minfo\x1b[0m    hall a.b");
}

TEST(LogText, QuotesValuesThatCouldBeMisread) {
    EXPECT_THAT(format_text(entry("e", {{"a", "x y"}, {"b", ""}, {"c", "q\"=\\"}}, ""), Paper::plain),
                HasSubstr(R"(a="x y" b="" c="q\"=\\")"));
}

TEST(LogText, EscapesWhatCouldForgeALineOrDriveATerminal) {
    const auto line = format_text(entry("e", {{"k", "a\r\nb\x1b[2J\x7f"}}, "evil\n2026 error \xff\xc2\x9b\xe2\x80\xae"),
                                  Paper::plain);
    EXPECT_THAT(line, HasSubstr(R"(k="a\u000d\nb\u001b[2J\u007f")"));
    EXPECT_THAT(line, HasSubstr(R"(evil\n2026 error \xff\u009b\u202e)"));
}

TEST(LogText, LeavesOtherLanguagesAlone) {
    EXPECT_THAT(format_text(entry("e", {{"name", "Größe"}}, "日本"), Paper::plain), HasSubstr("日本 name=Größe"));
}

TEST(LogJson, CarriesEveryFieldWithItsType) {
    const Fields fields = {{"s", "x"}, {"n", -1}, {"u", 18446744073709551615ULL}, {"d", 0.5}, {"b", true}};
    Entry full = entry("a.b", fields, "t");
    full.actor = "session/1";
    full.trace = "abc";
    EXPECT_EQ(format_json(full),
              R"({"time":"2026-11-24T12:00:00.123456Z","level":"info","boot":"7","node":"hall","actor":"session/1",)"
              R"("trace":"abc","event":"a.b","text":"t",)"
              R"("fields":{"s":"x","n":-1,"u":18446744073709551615,"d":0.5,"b":true}})");
}

TEST(LogJson, StaysOneParsableLineForAnyBytes) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937 random{seed};
        std::string bytes(random() % 64, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random());
        const auto json = format_json(entry("e", {{"k", bytes}, {"inf", 1.0 / 0.0}}, bytes));
        boost::system::error_code error;
        boost::json::parse(json, error);
        ASSERT_FALSE(error) << "seed " << seed << ": " << json;
        for (const auto& line : {json, format_text(entry("e", {{"k", bytes}}, bytes), Paper::plain)})
            for (const char c : line) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << "seed " << seed;
    }
}

TEST(LogTime, IsUtcAndCountsBackwardsToo) {
    EXPECT_EQ(format_utc({0}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_utc({-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(Log, KnowsItsLifeFromWhenItIsTold) {
    configure({.node = "hall", .format = Format::json});
    testing::internal::CaptureStderr();
    info("before");
    set_boot("7");
    info("after");
    const auto written = testing::internal::GetCapturedStderr();
    configure({});
    EXPECT_THAT(written, HasSubstr(R"("level":"info","node":"hall","event":"before"})"));
    EXPECT_THAT(written, HasSubstr(R"("level":"info","boot":"7","node":"hall","event":"after"})"));
}

TEST(Log, WritesToStderrWithItsScopeFromTheLevelUp) {
    configure({.node = "hall", .format = Format::json, .level = Level::warning});
    testing::internal::CaptureStderr();
    {
        const Scope outer("outer", "t1");
        const Scope inner("inner", "t2");
        warning("seen", {{"key", 1}});
        info("unseen");
    }
    error("bare");
    const auto written = testing::internal::GetCapturedStderr();
    configure({});
    EXPECT_THAT(written, HasSubstr(R"("node":"hall","actor":"inner","trace":"t2","event":"seen","fields":{"key":1}})"));
    EXPECT_THAT(written, Not(HasSubstr("unseen")));
    EXPECT_THAT(written, HasSubstr(R"("level":"error","node":"hall","event":"bare"})"));
}

}  // namespace
}  // namespace antiphon::system::log
