// Laws of the token verbs: what they ask, and that the secret alone goes to stdout.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;

constexpr const char* bar =
    R"({"id":"t4","name":"bar","permissions":["view","play"],"created":0,"ends":86400000000000,"ended":false})";

std::string made() { return R"({"secret":"antiphon_5ec2e7","token":)" + std::string(bar) + "}"; }

TEST_F(ServiceTest, ATokenIsMadeAndShownOnce) {
    service.on(Method::post, "/v1/tokens", made(), 201);
    const auto outcome = run({"token", "create", "bar", "--may", "view,play", "--for", "30d"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "antiphon_5ec2e7\n");
    EXPECT_TRUE(outcome.says("token 'bar' may view, play, until 1970-01-0")) << outcome.err;
    EXPECT_EQ(service.last().line, "POST /v1/tokens");
    EXPECT_EQ(service.last().body, R"({"name":"bar","permissions":["view","play"],"for_s":2592000})");
    EXPECT_EQ(out_of({"token", "create", "bar", "--may", "view", "--json"}), made() + "\n");
    EXPECT_EQ(service.last().body, R"({"name":"bar","permissions":["view"]})");
}

TEST_F(ServiceTest, ATokenMayEndOnADate) {
    service.on(Method::post, "/v1/tokens", made(), 201);
    run({"token", "create", "bar", "--may", "view", "--until", "2027-01-01"});
    EXPECT_EQ(service.last().body, R"({"name":"bar","permissions":["view"],"until":1798761600000000000})");
}

TEST_F(ServiceTest, WhatIsNoTokenIsAUsageErrorAndAsksNobody) {
    service.on(Method::post, "/v1/tokens", made(), 201);
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{"--may", "dance"}, "permission 'dance' is unknown"},
        {{"--may", ""}, "empty name"},
        {{"--may", "view", "--for", "soon"}, "--for: 'soon'"},
        {{"--may", "view", "--until", "2027-02-30"}, "--until: '2027-02-30'"},
        {{"--may", "view", "--for", "1d", "--until", "2027-01-01"}, "give one of them"},
        {{}, "--may is required"}};
    for (const auto& [words, told] : wrong) {
        std::vector<std::string> line{"token", "create", "bar"};
        line.insert(line.end(), words.begin(), words.end());
        const auto outcome = run(line);
        EXPECT_EQ(outcome.exit_code, 2) << told;
        EXPECT_TRUE(outcome.says(told)) << outcome.err;
    }
    EXPECT_TRUE(service.seen().empty());
}

TEST_F(ServiceTest, TokensAreListedWithoutTheirSecrets) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const std::string ended =
        R"({"id":"t5","name":"guest","permissions":["view"],"created":0,"ends":0,"ended":true,"last_used":0})";
    const std::string endless = R"({"id":"t6","name":"wall","permissions":["view"],"created":0,"ended":false})";
    service.on(Method::get, "/v1/tokens",
               {http::Response::json("{\"tokens\":[" + std::string(bar) + "," + ended + "," + endless + "]}"),
                http::Response::json("{\"tokens\":[]}\n")});
    EXPECT_EQ(out_of({"token", "list"}),
              "TOKEN  MAY         CREATED              ENDS                       LAST USED\n"
              "bar    view, play  1970-01-01 00:00:00  1970-01-02 00:00:00\n"
              "guest  view        1970-01-01 00:00:00  ended 1970-01-01 00:00:00  1970-01-01 00:00:00\n"
              "wall   view        1970-01-01 00:00:00  never\n");
    EXPECT_EQ(out_of({"token", "list"}),
              "There are no tokens but the coordinator's own; `antiphon token create` makes one.\n");
}

TEST_F(ServiceTest, ATokenIsRevokedByItsName) {
    service.on(Method::delete_, "/v1/tokens/{name}", {http::Response::empty()});
    EXPECT_EQ(out_of({"token", "revoke", "bar"}), "token bar lets nobody in any more\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/tokens/bar");
}

}  // namespace
}  // namespace antiphon::cli::testing
