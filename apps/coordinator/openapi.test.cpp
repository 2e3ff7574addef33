// Laws of the API's description: it leaves out no route of the server, and leads nowhere that is not there.
#include "apps/coordinator/openapi.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include "adapters/json/parse.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "apps/backup/fixture.test.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/integrity.hpp"
#include "apps/coordinator/load.hpp"
#include "apps/live/live_sources.hpp"
#include "apps/node/node_clock.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using boost::json::value;

// The routes of a real coordinator, on parts as they are made of an empty folder.
struct RealRoutes : ::testing::Test {
    RealRoutes() { add_routes(router, parts); }

    static std::unique_ptr<sqlite::SqliteStore> open_store(const fs::path& folder) {
        return std::move(*sqlite::SqliteStore::open(folder / "antiphon.db", upgrade_row));
    }
    static std::unique_ptr<files::BlobFolder> open_blobs(const fs::path& folder) {
        return std::move(*files::BlobFolder::open(folder, 1 << 20));
    }
    CoordinatorApp::Parts app_parts() {
        auto loaded = *load_state(*store);
        const auto reload = []() -> core::Result<core::CoordinatorState> { return core::CoordinatorState{}; };
        return {io, *clock, *store, loaded.cluster, std::move(loaded.state), reload, {7}};
    }
    value document() const { return *json::parse(openapi(router), 1 << 22); }

    backup::testing::Folder folder;
    boost::asio::io_context io{1};
    std::unique_ptr<ports::Clock> clock = std::move(*node::make_clock({}, "coordinator"));
    std::unique_ptr<sqlite::SqliteStore> store = open_store(folder.path);
    std::unique_ptr<files::BlobFolder> blobs = open_blobs(folder.path / "blobs");
    Credentials credentials{"secret", [](core::WallTime) {}};
    system::Background background{io};
    IntegrityWatch integrity{io, background, folder.path / "recordings", [](const core::TrackReceived&) {}};
    Backups backups{io, folder.path};
    CoordinatorApp app{app_parts(), {}};
    live::LiveSources sources{io, *clock, {boost::asio::ip::make_address("127.0.0.1"), 0}, {}};
    ApiParts parts{app, credentials, *blobs, folder.path, background, integrity, backups, sources,
                   {},  0,           0,      {},          {},         nullptr,   {}};
    http::Router router;
};

// Calls `visit(object)` for each object of the document.
template <class Visit>
void each_object(const value& at, const Visit& visit) {
    if (const auto* object = at.if_object()) {
        visit(*object);
        for (const auto& member : *object) each_object(member.value(), visit);
    }
    if (const auto* array = at.if_array())
        for (const auto& element : *array) each_object(element, visit);
}

std::set<std::string> references_of(const value& document) {
    std::set<std::string> found;
    each_object(document, [&](const boost::json::object& object) {
        if (const auto* reference = object.if_contains("$ref")) found.emplace(reference->as_string().c_str());
    });
    return found;
}

std::set<std::string> components_of(const value& document) {
    std::set<std::string> found;
    for (const std::string kind : {"schemas", "responses"})
        for (const auto& component : document.at("components").at(kind).as_object())
            found.insert("#/components/" + kind + "/" + std::string(component.key()));
    return found;
}

std::string method_of(const http::Route& route) {
    std::string name(to_string(route.method));
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    return name;
}

TEST_F(RealRoutes, EachIsInTheDocumentAndNothingElse) {
    const auto told = document();
    std::size_t operations = 0;
    for (const auto& path : told.at("paths").as_object()) operations += path.value().as_object().size();
    EXPECT_EQ(operations, router.routes().size());
    for (const auto& route : router.routes()) {
        auto path = route.pattern;
        if (const auto dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
        const auto& operation = told.at("paths").at(path).at(method_of(route));
        EXPECT_EQ(operation.at("x-permission").as_string(), to_string(route.permission)) << path;
        EXPECT_EQ(operation.at("security").as_array().empty(), route.permission == http::Permission::none) << path;
    }
}

TEST_F(RealRoutes, EachSaysWhatItDoesAndGives) {
    for (const auto& route : router.routes()) {
        const auto& operation = route.options.operation;
        EXPECT_FALSE(operation.summary.empty()) << route.pattern << ": add Does(...) to its registration";
        EXPECT_FALSE(operation.answers.empty()) << route.pattern << ": say what it gives";
        const bool takes_body = route.method == http::Method::put;
        EXPECT_TRUE(!takes_body || !operation.takes.empty()) << route.pattern << ": say what it takes";
        EXPECT_EQ(operation.message.empty(), !route.is_websocket()) << route.pattern;
    }
}

TEST_F(RealRoutes, EachReferenceLeadsToAComponentAndEachComponentIsReferredTo) {
    const auto told = document();
    EXPECT_EQ(references_of(told), components_of(told)) << "apps/coordinator/schemas.cpp has the list";
}

TEST_F(RealRoutes, OperationsAreCalledDifferently) {
    std::set<std::string> names;
    std::size_t count = 0;
    each_object(document().at("paths"), [&](const boost::json::object& object) {
        if (!object.contains("operationId")) return;
        ++count;
        names.emplace(object.at("operationId").as_string().c_str());
    });
    EXPECT_EQ(names.size(), count);
    EXPECT_EQ(count, router.routes().size());
}

// A router of one route, and what the document says of it.
value described(const http::RouteOptions& options, http::Permission permission = http::Permission::view) {
    http::Router router;
    router.add(http::Method::put, "/v1/things/{id}/parts/{rest...}", permission, {}, options);
    const auto told = *json::parse(openapi(router), 1 << 22);
    return told.at("paths").at("/v1/things/{id}/parts/{rest}").at("put");
}

TEST(OpenApi, PathParametersComeFromThePattern) {
    const auto parameters = described(Does("x").gives_nothing()).at("parameters").as_array();
    ASSERT_EQ(parameters.size(), 2U);
    EXPECT_EQ(parameters[0].at("name").as_string(), "id");
    EXPECT_FALSE(parameters[0].as_object().contains("x-rest"));
    EXPECT_EQ(parameters[1].at("name").as_string(), "rest");
    EXPECT_TRUE(parameters[1].at("x-rest").as_bool());
    EXPECT_TRUE(parameters[1].at("required").as_bool());
}

TEST(OpenApi, ABodyIsToldWithItsBound) {
    const auto body = described(Does("x").takes<api::ZoneBody>().up_to(77).gives_nothing()).at("requestBody");
    EXPECT_EQ(body.at("x-bytes-max").to_number<int>(), 77);
    EXPECT_TRUE(body.at("required").as_bool());
    EXPECT_EQ(body.at("content").at("application/json").at("schema").at("$ref").as_string(),
              "#/components/schemas/ZoneBody");
    EXPECT_FALSE(described(Does("x").may_take<api::ZoneBody>()).at("requestBody").at("required").as_bool());
}

TEST(OpenApi, WhatTheServerItselfRefusesFollowsFromTheRoute) {
    const auto open = described(Does("x").gives_nothing(), http::Permission::none).at("responses").as_object();
    const auto shut = described(Does("x").gives_nothing()).at("responses").as_object();
    const auto guarded = described(Does("x").guarded(), http::Permission::none).at("responses").as_object();
    for (const auto* status : {"401", "429"}) {
        EXPECT_FALSE(open.contains(status)) << status;
        EXPECT_TRUE(shut.contains(status)) << status;
    }
    EXPECT_TRUE(guarded.contains("429"));
    EXPECT_TRUE(open.contains("403")) << "a page of another server may ask";
    EXPECT_FALSE(open.contains("404"));
    EXPECT_TRUE(described(Does("x").refuses({404})).at("responses").as_object().contains("404"));
}

}  // namespace
}  // namespace antiphon::coordinator
