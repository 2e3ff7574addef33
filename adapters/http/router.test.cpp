// Laws of routing.
#include "adapters/http/router.hpp"

#include <gtest/gtest.h>

namespace antiphon::http {
namespace {

void nothing(Request, Responder) {}

Router sample() {
    Router router;
    router.add(Method::get, "/", Permission::none, nothing);
    router.add(Method::get, "/v1/things", Permission::view, nothing);
    router.add(Method::post, "/v1/things", Permission::play, nothing);
    router.add(Method::get, "/v1/things/{id}", Permission::view, nothing);
    router.add(Method::get, "/v1/things/all", Permission::view, nothing);
    router.add(Method::get, "/v1/{kind}/all", Permission::view, nothing);
    router.add(Method::get, "/web/{path...}", Permission::none, nothing);
    router.add(Method::get, "/web/index.html", Permission::none, nothing);
    return router;
}

std::string matched(const Router& router, std::string_view path) {
    const auto match = router.match(Method::get, path);
    return match.route ? match.route->pattern : "";
}

TEST(Router, LiteralWinsOverNameOverRest) {
    const auto router = sample();
    EXPECT_EQ(matched(router, "/v1/things/7"), "/v1/things/{id}");
    EXPECT_EQ(matched(router, "/v1/things/all"), "/v1/things/all");
    EXPECT_EQ(matched(router, "/v1/others/all"), "/v1/{kind}/all");
    EXPECT_EQ(matched(router, "/web/index.html"), "/web/index.html");
    EXPECT_EQ(matched(router, "/web/a/b.css"), "/web/{path...}");
    EXPECT_EQ(matched(router, "/"), "/");
}

TEST(Router, NamesAndRestsAreParameters) {
    const auto router = sample();
    EXPECT_EQ(router.match(Method::get, "/v1/things/a b").params.at("id"), "a b");
    EXPECT_EQ(router.match(Method::get, "/web/a/b.css").params.at("path"), "a/b.css");
}

TEST(Router, WhatIsNotThereMatchesNothing) {
    const auto router = sample();
    for (const auto* path : {"/v1", "/v1/things/7/x", "/web", "/v2/things", "", "x"}) {
        const auto match = router.match(Method::get, path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_TRUE(match.allow.empty()) << path;
    }
}

TEST(Router, AnotherMethodTellsWhichOnesThereAre) {
    const auto match = sample().match(Method::delete_, "/v1/things");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allow, (std::vector{Method::get, Method::head, Method::post}));
}

TEST(Router, GetServesHead) {
    const auto router = sample();
    EXPECT_NE(router.match(Method::head, "/v1/things").route, nullptr);
}

TEST(Router, ListsItsRoutesInOrder) {
    const auto router = sample();
    ASSERT_EQ(router.routes().size(), 8U);
    EXPECT_EQ(router.routes()[2].permission, Permission::play);
}

TEST(RouterDeathTest, TheSameRouteTwiceIsABug) {
    auto router = sample();
    EXPECT_DEATH(router.add(Method::get, "/", Permission::none, nothing), "broken contract");
    EXPECT_DEATH(router.add(Method::get, "no-slash", Permission::none, nothing), "broken contract");
}

TEST(Responder, AnswersOnceAndTellsWhenItIsDropped) {
    int answered = 0;
    int dropped = 0;
    const auto sink = [&](const std::optional<Response>& response) { ++(response ? answered : dropped); };
    {
        Responder first(sink);
        Responder second(std::move(first));
        EXPECT_FALSE(first.pending());  // NOLINT(bugprone-use-after-move): that is the law
        second.answer(Response::empty());
        EXPECT_FALSE(second.pending());
        Responder third(sink);
    }
    EXPECT_EQ(answered, 1);
    EXPECT_EQ(dropped, 1);
}

TEST(Responder, AProblemNamesWhatWasAskedForWhereverItWasMovedTo) {
    std::string told;
    const auto sink = [&](const std::optional<Response>& response) { told = response.value_or(Response{}).body; };
    Responder first(sink, "/v1/zones/foyer");
    Responder second(std::move(first));
    Responder third;
    third = std::move(second);
    third.fail({core::ErrorCode::not_found, "there is no zone 'foyer'"});
    EXPECT_NE(told.find(R"("instance":"/v1/zones/foyer")"), std::string::npos) << told;
}

}  // namespace
}  // namespace antiphon::http
