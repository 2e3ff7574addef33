// The server that the tests of this folder share: a few routes of each kind.
#include "adapters/http/test_loop.hpp"

#include "adapters/http/problem.hpp"

namespace antiphon::http::testing {
namespace {

std::optional<Identity> authenticate(std::string_view token, const Request&) {
    if (constant_time_equal(token, "viewer")) return Identity{"ann", {Permission::view}};
    if (constant_time_equal(token, "root")) return Identity{"root", PermissionSet::everything()};
    return std::nullopt;
}

}  // namespace

ServerTest::ServerTest() {
    options.listen = {"127.0.0.1", 0};
    options.authenticator = authenticate;
    router.add(Method::get, "/hello", Permission::none,
               [](Request, Responder r) { r.answer(Response::text("hello")); });
    router.add(Method::post, "/echo", Permission::none,
               [](Request q, Responder r) { r.answer(Response::json(std::move(q.body))); });
    router.add(Method::get, "/things/{id}", Permission::view, [](Request q, Responder r) {
        r.answer(Response::text(q.param("id") + " " + std::string(q.query_or("n", "-")) + " " + q.identity->name));
    });
    router.add(Method::delete_, "/things/{id}", Permission::admin,
               [](Request, Responder r) { r.answer(Response::empty()); });
    router.add(Method::get, "/keep", Permission::none, [this](Request, Responder r) { kept.push_back(std::move(r)); });
    router.add(Method::get, "/drop", Permission::none, [](Request, Responder) {});
    router.add(Method::get, "/throw", Permission::none,
               [](Request, Responder) { throw std::runtime_error("a broken handler"); });
    router.add(Method::get, "/file", Permission::none,
               [this](Request, Responder r) { r.answer(Response::of_file(file)); });
    router.upload(Method::put, "/blob", Permission::none, 64 * 1024 * 1024,
                  [this] { return std::make_unique<LogSink>(upload); });
    router.websocket("/events", Permission::view, [this](const Request&, std::shared_ptr<WebSocket> socket) {
        socket->on_message([this](const std::string& text) { heard.push_back(text); });
        socket->on_close([this](std::uint16_t code, const std::string&) { closes.push_back(code); });
        sockets.push_back(std::move(socket));
    });
}

void ServerTest::start() {
    auto listening = Server::listen(loop.io, options, std::move(router));
    ASSERT_TRUE(listening) << listening.error().what;
    server = std::move(*listening);
}

std::string ServerTest::talk(const std::string& bytes) {
    if (!server) start();
    const auto client = raw();
    client->send(bytes);
    EXPECT_TRUE(loop.until([&] { return client->closed; })) << bytes.substr(0, 200);
    return client->received;
}

std::string ServerTest::expect_status(const std::string& bytes, int status) {
    auto answer = talk(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << bytes.substr(0, 200) << "\n"
                                                                                << answer;
    return answer;
}

}  // namespace antiphon::http::testing
