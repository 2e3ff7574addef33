// Laws of the zone verbs: each asks what the API wants, with the conditions that keep two people apart.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;

constexpr const char* zone = R"({"id":"z1","name":"foyer","version":3,"outputs":["hall/left","hall/right"]})";

TEST_F(ServiceTest, AZoneIsCreatedOnlyWhenThereIsNone) {
    service.on(Method::put, "/v1/zones/{name}", zone, 201);
    EXPECT_EQ(out_of({"zone", "create", "foyer", "--outputs", "hall/left,hall/right"}),
              "zone foyer (version 3): hall/left, hall/right\n");
    EXPECT_EQ(service.last().line, "PUT /v1/zones/foyer");
    EXPECT_EQ(service.last().body, R"({"outputs":["hall/left","hall/right"]})");
    EXPECT_EQ(service.last().headers.get("If-None-Match"), "*");
    EXPECT_EQ(service.last().headers.get("Authorization"), "Bearer open-sesame");
}

TEST_F(ServiceTest, AZoneIsSetWhateverItWasUnlessAVersionIsNamed) {
    service.on(Method::put, "/v1/zones/{name}", zone);
    out_of({"zone", "set", "foyer", "--outputs", "a/b"});
    EXPECT_EQ(service.last().headers.get("If-Match"), "");
    EXPECT_EQ(service.last().headers.get("If-None-Match"), "");
    out_of({"zone", "set", "foyer", "--outputs", "a/b", "--if-version", "2"});
    EXPECT_EQ(service.last().headers.get("If-Match"), "\"2\"");
    EXPECT_EQ(run({"zone", "set", "foyer", "--outputs", "a/b", "--if-version", "new"}).exit_code, 2);
    EXPECT_EQ(service.seen().size(), 2U);
}

TEST_F(ServiceTest, AZoneIsRenamedAndDeleted) {
    service.on(Method::post, "/v1/zones/{name}/rename", zone);
    service.on(Method::delete_, "/v1/zones/{name}", {http::Response::empty()});
    out_of({"zone", "rename", "entrance", "foyer"});
    EXPECT_EQ(service.last().line, "POST /v1/zones/entrance/rename");
    EXPECT_EQ(service.last().body, R"({"name":"foyer"})");
    EXPECT_EQ(out_of({"zone", "delete", "foyer"}), "zone foyer is gone\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/zones/foyer");
    EXPECT_EQ(out_of({"zone", "delete", "foyer", "--json"}), "{}\n");
}

TEST_F(ServiceTest, AZoneMayBeNamedLikeAVerb) {
    service.on(Method::delete_, "/v1/zones/{name}", {http::Response::empty()});
    out_of({"zone", "delete", "play"});
    EXPECT_EQ(service.last().line, "DELETE /v1/zones/play");
}

TEST_F(ServiceTest, ZonesAreListedForPeopleAndPrograms) {
    const auto list = R"({"zones":[)" + std::string(zone) + "]}";
    service.on(Method::get, "/v1/zones", {http::Response::json(list), http::Response::json("{\"zones\":[]}\n")});
    EXPECT_EQ(out_of({"zone", "list"}),
              "ZONE   VERSION  OUTPUTS\n"
              "foyer        3  hall/left, hall/right\n");
    EXPECT_EQ(out_of({"zone", "list"}), "There are no zones; `antiphon zone create` makes one.\n");
    EXPECT_EQ(out_of({"zone", "list", "--json"}), "{\"zones\":[]}\n");
}

TEST_F(ServiceTest, ARefusalIsToldInTheServersWords) {
    const core::Error taken{core::ErrorCode::conflict, "there is a zone 'foyer' already; choose another name"};
    service.on(Method::put, "/v1/zones/{name}", {http::problem(taken)});
    auto outcome = run({"zone", "create", "foyer", "--outputs", "a/b"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "antiphon: there is a zone 'foyer' already; choose another name\n");
    outcome = run({"zone", "create", "foyer", "--outputs", "a/b", "--json"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("\"detail\":\"there is a zone 'foyer' already; choose another name\"")) << outcome.err;
    EXPECT_TRUE(outcome.says("\"type\":\"urn:antiphon:error:conflict\"")) << outcome.err;
}

TEST_F(ServiceTest, AWrongTokenIsDenied) {
    service.on(Method::get, "/v1/zones", "{}");
    run({"version"});
    console.variables["ANTIPHON_TOKEN"] = "wrong";
    EXPECT_EQ(run({"zone", "list"}).exit_code, 1);
}

TEST_F(ServiceTest, AnAnswerThatIsNoneIsAnError) {
    service.on(Method::get, "/v1/zones", "{\"zones\":[7]}");
    const auto outcome = run({"zone", "list"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("the server answered something else than expected: zones[0]")) << outcome.err;
}

TEST(Verbs, WithoutACoordinatorTheySayWhereTheyLooked) {
    Console console;
    console.variables["ANTIPHON_URL"] = "http://127.0.0.1:1";
    const auto outcome = console.run({"zone", "list"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("antiphon: cannot reach http://127.0.0.1:1")) << outcome.err;
}

TEST(Verbs, OutputsAreNeededForAZone) {
    Console console;
    auto outcome = console.run({"zone", "create", "foyer"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "antiphon zone create: --outputs is required\nTry `antiphon zone create --help`.\n");
    outcome = console.run({"zone", "create", "foyer", "--outputs", "a,,b"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.says("has an empty name"));
    outcome = console.run({"zone"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.says("antiphon zone: one more word is needed: create, set, rename, delete, list"));
}

}  // namespace
}  // namespace antiphon::cli::testing
