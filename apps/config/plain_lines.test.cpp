// Laws of the scanner: lines stay where they are, what they say stays the same, and toml++ sees only ASCII.
#include "apps/config/plain_lines.hpp"

#include <gtest/gtest.h>

namespace antiphon::config {
namespace {

std::string plain(std::string_view document) {
    const auto lines = plain_lines(document);
    return lines.problem ? std::to_string(lines.line) + ": " + *lines.problem : lines.text;
}

TEST(PlainLines, KeepEverythingButComments) {
    EXPECT_EQ(plain(""), "");
    EXPECT_EQ(plain("a = 1 # größer\r\n# ünd\n\tb = 2"), "a = 1 \n\n\tb = 2\n");
    EXPECT_EQ(plain("\xEF\xBB\xBF[a]\n"), "[a]\n");
}

TEST(PlainLines, KnowWhereQuotesEnd) {
    EXPECT_EQ(plain(R"(a = "x # \" '" # x)"), "a = \"x # \\\" '\" \n");
    EXPECT_EQ(plain(R"(a = 'x # \' # x)"), "a = \"x # \\\\\" \n");
    EXPECT_EQ(plain(R"(a = '"' # x)"), "a = \"\\\"\" \n");
    EXPECT_EQ(plain(R"(a = "" # x)"), "a = \"\" \n");
}

TEST(PlainLines, WriteOtherScriptsAsEscapes) {
    EXPECT_EQ(plain("a = \"ė\""), "a = \"\\U00000117\"\n");
    EXPECT_EQ(plain("'音' = '😀'"), "\"\\U000097F3\" = \"\\U0001F600\"\n");
}

TEST(PlainLines, NameWhatMayNotStand) {
    EXPECT_EQ(plain("\ngröße = 1"), "2: there is a character outside of quotes that only quotes may hold");
    EXPECT_EQ(plain("a = 'x' ö"), "1: there is a character outside of quotes that only quotes may hold");
    EXPECT_EQ(plain("a\f= 1"), "1: there is a control character; remove it");
    EXPECT_EQ(plain("a = 1\rb = 2"), "1: there is a control character; remove it");
    EXPECT_EQ(plain("a = 'b\x1b'"), "1: there is a control character; remove it");
    EXPECT_EQ(plain("a = \"\"\"x"), "1: a string over several lines is not understood here; write it in one line");
    EXPECT_EQ(plain("a = '''x"), "1: a string over several lines is not understood here; write it in one line");
    EXPECT_EQ(plain("a = 'x"), "1: a string has no closing quote");
    EXPECT_EQ(plain("a = \"x\\"), "1: a string has no closing quote");
    EXPECT_EQ(plain("a = \"x\\ö\""), "1: a backslash stands before what needs none");
    EXPECT_EQ(plain("a = 'x\xff'"), "1: it is no UTF-8");
}

}  // namespace
}  // namespace antiphon::config
