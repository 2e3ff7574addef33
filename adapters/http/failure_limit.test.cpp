// Laws of the limit on failures: ten at once, then one each five seconds, for each address, and whoever is right gets
// in.
#include "adapters/http/failure_limit.hpp"

#include "adapters/http/problem.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

using std::chrono::seconds;

TEST(FailureLimit, TenAtOnceThenOneEachFiveSeconds) {
    FailureLimit limit({});
    core::LocalTime now{1'000'000'000};
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(limit.wait_of("a", now)) << i;
        limit.failed("a", now);
    }
    EXPECT_EQ(limit.wait_of("a", now), seconds(5));
    for (int i = 0; i < 1000; ++i) limit.failed("a", now);  // counts no more, or it would never end
    EXPECT_EQ(limit.wait_of("a", now), seconds(5));
    EXPECT_EQ(limit.wait_of("a", now + seconds(4)), seconds(1));
    now = now + seconds(5);
    EXPECT_FALSE(limit.wait_of("a", now));
    limit.failed("a", now);
    EXPECT_EQ(limit.wait_of("a", now), seconds(5));
    now = now + seconds(1000);
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(limit.wait_of("a", now));
        limit.failed("a", now);
    }
    EXPECT_TRUE(limit.wait_of("a", now));
    EXPECT_FALSE(limit.wait_of("b", now));
}

TEST(FailureLimit, AClientIsAnAddressOrAnIPv6Network) {
    EXPECT_EQ(client_of("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(client_of("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(client_of("2001:db8:1:2::7"), client_of("2001:db8:1:2:ffff::1"));
    EXPECT_NE(client_of("2001:db8:1:2::7"), client_of("2001:db8:1:3::7"));
    EXPECT_EQ(client_of("::1"), "::/64");
    EXPECT_EQ(client_of(""), "");
}

TEST(FailureLimit, TheTableIsBoundedAndWhoIsNearestToAFullBucketGoes) {
    FailureLimit limit({.clients_max = 3});
    const core::LocalTime now{0};
    for (int i = 0; i < 10; ++i) limit.failed("worst", now);
    for (int i = 0; i < 3; ++i) limit.failed("bad", now);
    limit.failed("once", now);
    limit.failed("new", now);
    EXPECT_EQ(limit.clients(), 3U);
    EXPECT_EQ(limit.forgotten(), 1U);
    EXPECT_TRUE(limit.wait_of("worst", now));
    for (int i = 0; i < 5000; ++i) limit.failed("n" + std::to_string(i), now);
    EXPECT_EQ(limit.clients(), 3U);
    EXPECT_TRUE(limit.wait_of("worst", now)) << "many others do not free the worst";
    limit.failed("later", now + seconds(60));
    EXPECT_EQ(limit.clients(), 1U) << "full buckets go first, and are not counted";
    EXPECT_EQ(limit.forgotten(), 5001U);
}

// A server whose clock the test holds, and a route that refuses as joining does.
class Limited : public ServerTest {
  protected:
    Limited() {
        options.now = [this] { return now; };
        router.add(Method::post, "/join", Permission::none,
                   [](Request q, Responder r) {
                       q.body == "right" ? r.answer(Response::text("in"))
                                         : r.fail({core::ErrorCode::denied, "not invited"});
                   },
                   {.consumes = {}, .guarded = true});
    }
    std::string get(const std::string& token, int status) {
        return expect_status(
            "GET /things/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer " + token + "\r\n\r\n",
            status);
    }
    std::string join(const std::string& body, int status, const std::string& more = "") {
        return expect_status("POST /join HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + more +
                                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                             status);
    }

    core::LocalTime now{0};
};

TEST_F(Limited, WrongTokensAre429AfterTenAndTheRightOneStillWorks) {
    for (int i = 0; i < 10; ++i) get("guess" + std::to_string(i), 401);
    const auto refused = get("guess", 429);
    EXPECT_NE(refused.find("Retry-After: 5\r\n"), std::string::npos) << refused;
    EXPECT_NE(refused.find("application/problem+json"), std::string::npos);
    EXPECT_NE(refused.find("127.0.0.1"), std::string::npos) << refused;
    // whoever shares the address and knows the token is let in, as often as he likes
    for (int i = 0; i < 20; ++i) get("viewer", 200);
    now = now + seconds(4);
    EXPECT_NE(get("guess", 429).find("Retry-After: 1\r\n"), std::string::npos);
    now = now + seconds(1);
    get("guess", 401);
    get("guess", 429);
    EXPECT_EQ(server->counters().limited, 3U);
}

TEST_F(Limited, NoTokenIsNoGuess) {
    for (int i = 0; i < 30; ++i) expect_status("GET /things/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 401);
    get("guess", 401);
}

TEST_F(Limited, FailedJoinsAreLimitedBeforeAnyWorkIsDone) {
    for (int i = 0; i < 30; ++i) join("right", 200);
    for (int i = 0; i < 10; ++i) join("wrong", 403);
    join("wrong", 429);
    join("right", 429);  // it may be asked again: an invitation is good for ten minutes
    join("right", 200, "Authorization: Bearer root\r\n");
    now = now + seconds(5);
    join("right", 200);
    join("right", 200);
}

TEST_F(Limited, WhatOneMayNotDoIsNoGuessEither) {
    for (int i = 0; i < 30; ++i)
        expect_status(
            "DELETE /things/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer "
            "viewer\r\n\r\n",
            403);
    get("guess", 401);
}

TEST_F(Limited, GuessesInTheAddressOfAWebSocketCountToo) {
    const auto upgrade = [](const std::string& token) {
        return "GET /events?access_token=" + token +
               " HTTP/1.1\r\nHost: h:1\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
               "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    };
    for (int i = 0; i < 10; ++i) expect_status(upgrade("guess"), 401);
    expect_status(upgrade("guess"), 429);
}

TEST(FailureLimit, AClientIsToldToComeBackLater) { EXPECT_EQ(error_code_of(429), core::ErrorCode::unavailable); }

}  // namespace
}  // namespace antiphon::http::testing
