// Laws of URLs, targets, conditions and problems.
#include "adapters/http/url.hpp"

#include <gtest/gtest.h>

#include "adapters/http/conditional.hpp"
#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

TEST(Url, IsTakenApart) {
    const auto url = parse_url("http://board-1.local:8740/v1/x?y=1#TOKEN");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "board-1.local");
    EXPECT_EQ(url->port, 8740);
    EXPECT_EQ(url->path, "/v1/x?y=1");
    EXPECT_EQ(url->fragment, "TOKEN");
    EXPECT_EQ(parse_url("HTTP://h")->origin(), "http://h:80");
    EXPECT_EQ(parse_url("http://[::1]:8740")->authority(), "[::1]:8740");
    EXPECT_EQ(parse_url("http://h?x")->path, "/?x");
}

TEST(Url, RefusesWhatItCannotUseAndSaysWhy) {
    for (const auto* text : {"", "h:80", "ftp://h", "http://", "http://:80", "http://h:0", "http://h:65536",
                             "http://h:", "http://h:8x", "http://a b/", "http://[::1", "http://u:p@h", "http://h\n/",
                             "http://[::1]x", "http://[%7]:8", "http://[::1%]:8", "http://[7]:8"})
        EXPECT_FALSE(parse_url(text)) << text;
    const auto secure = parse_url("https://h/x#T");
    ASSERT_TRUE(secure);
    EXPECT_EQ(secure->port, 443);
    EXPECT_EQ(secure->origin(), "https://h:443");
    EXPECT_EQ(parse_url("HTTPS://h:8740")->origin(), "https://h:8740");
    EXPECT_FALSE(parse_url("https:/h"));
    EXPECT_NE(parse_url("ftp://h").error().what.find("https://HOST:PORT"), std::string::npos);
}

TEST(HostPort, NeedsBoth) {
    EXPECT_EQ(parse_host_port("[::1]:0")->host, "::1");
    EXPECT_EQ(parse_host_port("[fe80::1%eth0]:80")->host, "fe80::1%eth0");
    EXPECT_EQ(parse_host_port("localhost:8740")->port, 8740);
    for (const auto* text : {"", "h", "h:", ":80", "h:99999", "h:-1"}) EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(Target, IsDecodedAndNormalised) {
    EXPECT_EQ(parse_target("/a//b/./c/../d/")->path, "/a/b/d");
    EXPECT_EQ(parse_target("/%61%20b")->path, "/a b");
    EXPECT_EQ(parse_target("/")->path, "/");
    const auto target = parse_target("/x?a=1&b=%26+&c&&d=");
    EXPECT_EQ(target->query, (TextMap{{"a", "1"}, {"b", "& "}, {"c", ""}, {"d", ""}}));
}

TEST(Target, RefusesEscapesFromTheRootAndAmbiguity) {
    for (const auto* text : {"", "*", "a", "/..", "/a/../..", "/%2e%2e/x", "/a%2fb", "/%00", "/%0a", "/%", "/%4",
                             "/%zz", "/x?a=1&a=2", "/x?%", "/\x01"})
        EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Percent, EncodingComesBack) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
    EXPECT_EQ(percent_encoded("a/b c"), "a%2Fb%20c");
}

TEST(Range, FollowsTheStandard) {
    const auto range = [](std::string_view text) { return *parse_range(text, 100); };
    EXPECT_EQ(range("bytes=0-9"), (ByteRange{0, 10}));
    EXPECT_EQ(range("bytes=90-"), (ByteRange{90, 10}));
    EXPECT_EQ(range("bytes=-10"), (ByteRange{90, 10}));
    EXPECT_EQ(range("bytes=-1000"), (ByteRange{0, 100}));
    EXPECT_EQ(range("Bytes=99-1000"), (ByteRange{99, 1}));
    for (const auto* whole : {"", "bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1",
                              "bytes=99999999999999999999-"})
        EXPECT_EQ(range(whole), std::nullopt) << whole;
    for (const auto* outside : {"bytes=100-", "bytes=200-300", "bytes=-0"})
        EXPECT_FALSE(parse_range(outside, 100)) << outside;
    EXPECT_FALSE(parse_range("bytes=0-", 0));
}

Request with(const char* name, const char* value) {
    Request request;
    request.headers.add(name, value);
    return request;
}

TEST(Conditions, IfMatchGuardsTheVersion) {
    EXPECT_TRUE(check_if_match(Request(), etag(7)));
    EXPECT_TRUE(check_if_match(with("if-match", "\"6\", \"7\""), etag(7)));
    EXPECT_TRUE(check_if_match(with("If-Match", "*"), etag(7)));
    EXPECT_EQ(check_if_match(with("If-Match", "\"6\""), etag(7)).error().code, core::ErrorCode::conflict);
    EXPECT_FALSE(check_if_match(with("If-Match", "W/\"7\""), etag(7)));
    EXPECT_EQ(*if_match_revision(with("If-Match", "\"7\"")), 7U);
    EXPECT_EQ(*if_match_revision(Request()), std::nullopt);
    EXPECT_FALSE(if_match_revision(with("If-Match", "7")));
    EXPECT_TRUE(is_not_modified(with("If-None-Match", "\"7\""), etag(7)));
    EXPECT_FALSE(is_not_modified(with("If-None-Match", "\"8\""), etag(7)));
}

TEST(Problem, SurvivesHostileTextBothWays) {
    const core::Error error{core::ErrorCode::conflict, "name \"x\\\" \n\x01 caf\xc3\xa9 \xff\xfe"};
    auto response = problem(error, "/v1/x");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.body,
              "{\"type\":\"urn:antiphon:error:conflict\",\"title\":\"Conflict\",\"status\":409,\"detail\":\"name "
              "\\\"x\\\\\\\" \\u000a\\u0001 caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\",\"instance\":\"/v1/x\"}");
    EXPECT_EQ(error_of(response).code, core::ErrorCode::conflict);
    EXPECT_EQ(error_of(response).what, "name \"x\\\"    caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Problem, EachCodeHasItsStatusAndComesBack) {
    using core::ErrorCode;
    for (const auto code : {ErrorCode::invalid, ErrorCode::not_found, ErrorCode::conflict, ErrorCode::denied,
                            ErrorCode::exhausted, ErrorCode::unavailable, ErrorCode::corrupt, ErrorCode::internal})
        EXPECT_EQ(error_code_of(status_of(code)), code);
}

TEST(Problem, BrokenProblemsAreTakenAsTheyAre) {
    for (const auto* body :
         {"", "{", "{\"detail\"", "{\"detail\":7}", "{\"detail\":\"", "{\"detail\":\"\\u12", "\xff"}) {
        Response response;
        response.status = 500;
        response.content_type = "application/problem+json";
        response.body = body;
        EXPECT_EQ(error_of(response).code, core::ErrorCode::internal);
    }
}

TEST(Permissions, NothingImpliesAnother) {
    const PermissionSet admin{Permission::admin};
    EXPECT_TRUE(admin.has(Permission::none));
    EXPECT_FALSE(admin.has(Permission::view));
    EXPECT_FALSE(PermissionSet::everything().has(Permission::worker));
    EXPECT_EQ(*core::parse_permission("record"), Permission::record);
    EXPECT_FALSE(core::parse_permission("root"));
    EXPECT_TRUE(constant_time_equal("abc", "abc"));
    EXPECT_FALSE(constant_time_equal("abc", "abd"));
    EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

}  // namespace
}  // namespace antiphon::http
