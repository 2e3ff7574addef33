// Laws of the server: one answer to each request, and the right one.
#include "adapters/http/server.hpp"

#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

std::string get(const std::string& target, const std::string& more = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + more + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& type = "application/json") {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(ServerTest, AnswersWithTheHandlersWords) {
    const auto answer = expect_status(get("/hello"), 200);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
    EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
    EXPECT_TRUE(expect_status(post("/echo", "{\"a\":1}"), 200).ends_with("{\"a\":1}"));
    EXPECT_TRUE(
        expect_status("GET http://h/hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200).ends_with("hello"));
    EXPECT_EQ(server->counters().answers_by_class[1], 3U);
}

TEST_F(ServerTest, ReportsThePortThatItGotAndRefusesOneInUse) {
    start();
    EXPECT_NE(server->port(), 0);
    EXPECT_EQ(server->url(), "http://127.0.0.1:" + std::to_string(server->port()));
    ServerOptions same;
    same.listen = {"127.0.0.1", server->port()};
    const auto second = Server::listen(loop.io, same, Router());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, core::ErrorCode::unavailable);
    EXPECT_EQ(second.error().what,
              "port " + std::to_string(server->port()) +
                  " on 127.0.0.1 is in use by another program; choose another with --listen HOST:PORT");
    same.listen = {"192.0.2.1", 0};
    EXPECT_EQ(Server::listen(loop.io, same, Router()).error().code, core::ErrorCode::invalid);
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
    const auto answer = expect_status("HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200);
    EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, EachAnswerSaysWhichRequestItIsOf) {
    std::vector<std::string> seen;
    options.new_trace = [made = 0]() mutable { return "made-" + std::to_string(++made); };
    options.observer = [&](const ServedRequest& request) { seen.emplace_back(request.trace); };
    const auto id_of = [&](const std::string& request) {
        const auto answer = talk(request);
        const auto at = answer.find("X-Request-Id: ");
        return at == std::string::npos ? "none" : answer.substr(at + 14, answer.find("\r\n", at) - at - 14);
    };
    EXPECT_EQ(id_of(get("/hello")), "made-1");
    EXPECT_EQ(id_of(get("/hello", "X-Request-Id: desk-42\r\n")), "desk-42");
    EXPECT_EQ(id_of(get("/nowhere", "x-request-id: desk-43\r\n")), "desk-43");
    EXPECT_EQ(id_of(get("/hello", "X-Request-Id: a b\r\n")), "made-2") << "what no log could hold is replaced";
    EXPECT_EQ(id_of(get("/hello", "X-Request-Id: " + std::string(65, 'x') + "\r\n")), "made-3");
    EXPECT_EQ(id_of("nonsense\r\n\r\n"), "made-4");
    EXPECT_EQ(seen, (std::vector<std::string>{"made-1", "desk-42", "desk-43", "made-2", "made-3", "made-4"}));
}

TEST_F(ServerTest, RefusalsAreProblems) {
    const auto missing = expect_status(get("/nowhere?x=secret"), 404);
    EXPECT_NE(missing.find("Content-Type: application/problem+json"), std::string::npos);
    EXPECT_NE(missing.find("\"instance\":\"/nowhere\""), std::string::npos);
    const auto wrong_method = expect_status("PUT /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 405);
    EXPECT_NE(wrong_method.find("Allow: GET, HEAD\r\n"), std::string::npos);
    expect_status(post("/echo", "x", "text/plain"), 415);
    expect_status(post("/echo", std::string(1024 * 1024 + 1, 'x')), 413);
    expect_status("BREW /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 501);
    expect_status(get("/../etc/passwd"), 400);
    expect_status(get("/hello?a=1&a=2"), 400);
    expect_status(get("/events", "Authorization: Bearer viewer\r\n"), 426);
}

TEST_F(ServerTest, ATokenOpensWhatItsPermissionsSay) {
    const auto unknown = expect_status(get("/things/7"), 401);
    EXPECT_NE(unknown.find("WWW-Authenticate: Bearer realm=\"antiphon\"\r\n"), std::string::npos);
    expect_status(get("/things/7", "Authorization: Bearer wrong\r\n"), 401);
    expect_status(get("/things/7?access_token=viewer"), 401);
    EXPECT_TRUE(expect_status(get("/things/7?n=3", "Authorization: bearer viewer\r\n"), 200).ends_with("7 3 ann"));
    const std::string remove = "DELETE /things/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer ";
    EXPECT_NE(expect_status(remove + "viewer\r\n\r\n", 403).find("'admin'"), std::string::npos);
    expect_status(remove + "root\r\n\r\n", 204);
    EXPECT_EQ(server->counters().unauthorised, 4U);
}

TEST_F(ServerTest, WithoutAnAuthenticatorOnlyPublicRoutesAnswer) {
    options.authenticator = nullptr;
    expect_status(get("/hello"), 200);
    expect_status(get("/things/7", "Authorization: Bearer root\r\n"), 401);
}

TEST_F(ServerTest, AForeignPageChangesNothing) {
    const std::string start = "POST /echo HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\nContent-Length: 0\r\nOrigin: ";
    expect_status(start + "http://evil\r\n\r\n", 403);
    for (const auto* foreign :
         {"null", "", "http://h:2", "http://h", "http://h:1.evil", "h:1", "http://evil/h:1", "file://"})
        expect_status(start + foreign + "\r\n\r\n", 403);
    expect_status(start + "http://h:1\r\n\r\n", 200);
}

TEST_F(ServerTest, AnAnswerMayComeLater) {
    start();
    const auto client = raw();
    client->send(get("/keep"));
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1; }));
    kept[0].answer(Response::text("later"));
    ASSERT_TRUE(loop.until([&] { return client->closed; }));
    EXPECT_TRUE(client->received.ends_with("later"));
}

TEST_F(ServerTest, ADroppedResponderIsA500AndCounted) {
    expect_status(get("/drop"), 500);
    EXPECT_NE(expect_status(get("/throw"), 500).find("a broken handler"), std::string::npos);
    EXPECT_EQ(server->counters().dropped_responders, 2U);
}

TEST_F(ServerTest, AHandlerThatTakesTooLongIsA503) {
    options.answer = milliseconds(50);
    expect_status(get("/keep"), 503);
    EXPECT_EQ(server->counters().late_handlers, 1U);
    kept.at(0).answer(Response::text("too late"));  // and harmless
}

TEST_F(ServerTest, AResponderMayOutliveTheServer) {
    start();
    const auto client = raw();
    client->send(get("/keep"));
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1; }));
    server = nullptr;
    ASSERT_TRUE(loop.until([&] { return client->closed; }));
    kept[0].answer(Response::text("nobody hears"));
}

TEST_F(ServerTest, AThousandRequestsOnOneConnection) {
    start();
    const auto client = raw();
    for (int i = 0; i < 1000; ++i) client->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return client->answers() == 1000; }));
    EXPECT_EQ(server->counters().connections, 1U);
    EXPECT_EQ(server->counters().answers_by_class[1], 1000U);
    EXPECT_FALSE(client->closed);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
    start();
    const auto client = raw();
    client->send("GET /keep HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n" + get("/drop"));
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1; }));
    EXPECT_EQ(client->answers(), 0U);
    kept[0].answer(Response::text("first"));
    ASSERT_TRUE(loop.until([&] { return client->closed; }));
    EXPECT_EQ(client->answers(), 3U);
    EXPECT_LT(client->received.find("first"), client->received.find("hello"));
}

TEST_F(ServerTest, TheObserverSeesEachAnswer) {
    std::vector<std::string> lines;
    options.observer = [&](const ServedRequest& served) {
        lines.push_back(std::string(to_string(served.method)) + " " + std::string(served.pattern) + " " +
                        std::to_string(served.status));
        EXPECT_TRUE(served.peer.starts_with("127.0.0.1:"));
    };
    talk(get("/things/7", "Authorization: Bearer viewer\r\n"));
    talk(get("/nowhere"));
    EXPECT_EQ(lines, (std::vector<std::string>{"GET /things/{id} 200", "GET  404"}));
}

TEST_F(ServerTest, StopLetsRequestsUnderWayFinish) {
    start();
    const auto busy = raw();
    const auto idle = raw();
    busy->send("GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    idle->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1 && idle->answers() == 1; }));
    bool stopped = false;
    server->stop(milliseconds(5'000), [&] { stopped = true; });
    ASSERT_TRUE(loop.until([&] { return idle->closed; }));
    EXPECT_FALSE(stopped);
    kept[0].answer(Response::text("done"));
    ASSERT_TRUE(loop.until([&] { return stopped && busy->closed; }));
    EXPECT_TRUE(busy->received.ends_with("done"));
}

TEST_F(ServerTest, StopCutsWhatIsNotDoneByTheDeadline) {
    start();
    const auto busy = raw();
    busy->send("GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1; }));
    bool stopped = false;
    server->stop(milliseconds(30), [&] { stopped = true; });
    ASSERT_TRUE(loop.until([&] { return stopped && busy->closed; }));
    EXPECT_EQ(busy->received, "");
}

}  // namespace
}  // namespace antiphon::http::testing
