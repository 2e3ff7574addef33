// Laws of names and ids.
#include "core/ids.hpp"

#include <gtest/gtest.h>

namespace antiphon::core {
namespace {

TEST(Name, AcceptsLowerCaseDigitsAndInnerDashes) {
    for (const auto* name : {"a", "9", "hall-left", "a-", "abcdefghijklmnopqrstuvwxyz012345"}) {
        EXPECT_EQ(*parse_name(name), name);
    }
}

TEST(Name, RefusesEverythingElseAndSaysWhichName) {
    for (const auto* name : {"", "-a", "Hall", "a b", "a/b", "all", "abcdefghijklmnopqrstuvwxyz0123456", "\xff"}) {
        const auto parsed = parse_name(name);
        ASSERT_FALSE(parsed) << name;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
        EXPECT_NE(parsed.error().what.find("name '" + std::string(name)), std::string::npos);
    }
}

TEST(EndpointName, IsWorkerSlashName) {
    EXPECT_EQ(parse_endpoint_name("hall/left")->text(), "hall/left");
    for (const auto* text : {"hall", "hall/", "/left", "hall/left/x", "all/left"})
        EXPECT_FALSE(parse_endpoint_name(text));
}

TEST(BlobHash, IsSixtyFourLowerCaseHexDigits) {
    EXPECT_TRUE(parse_blob_hash(std::string(64, 'a')));
    EXPECT_FALSE(parse_blob_hash(std::string(63, 'a')));
    EXPECT_FALSE(parse_blob_hash(std::string(64, 'A')));
    EXPECT_FALSE(parse_blob_hash("../" + std::string(61, 'a')));
}

}  // namespace
}  // namespace antiphon::core
