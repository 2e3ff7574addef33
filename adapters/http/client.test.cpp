// Laws of the client: one callback for each request, and errors that say what to do.
#include "adapters/http/client.hpp"

#include <atomic>
#include <thread>

#include "adapters/http/problem.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

class ClientTest : public ServerTest {
  protected:
    void connect(const std::string& token = "", ClientOptions settings = {}) {
        if (!server) start();
        client = std::make_unique<Client>(loop.io, *parse_url(server->url()), token, settings);
    }
    core::Result<Response> call(ClientRequest request) {
        std::optional<core::Result<Response>> answer;
        client->request(std::move(request), [&](core::Result<Response> got) { answer = std::move(got); });
        EXPECT_TRUE(loop.until([&] { return answer.has_value(); }));
        return *answer;
    }
    // A server that answers every connection with `bytes` and hangs up.
    core::Result<Response> call_to(const std::string& bytes, ClientOptions settings = {}) {
        asio::ip::tcp::acceptor acceptor(loop.io, {asio::ip::address_v4::loopback(), 0});
        acceptor.async_accept([&](auto error, asio::ip::tcp::socket socket) {
            if (error) return;
            const auto peer = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
            const auto request = std::make_shared<std::string>(4096, '\0');
            peer->async_read_some(asio::buffer(*request), [peer, request, bytes](auto, std::size_t) {
                asio::write(*peer, asio::buffer(bytes));
            });
        });
        client = std::make_unique<Client>(loop.io, Url{"127.0.0.1", acceptor.local_endpoint().port()}, "", settings);
        return call({Method::get, "/x"});
    }

    std::unique_ptr<Client> client;
};

TEST_F(ClientTest, GetsAnAnswerWithItsHead) {
    connect("viewer");
    const auto answer = call({Method::get, "/things/a%20b?n=1"});
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "a b 1 ann");
    EXPECT_EQ(answer->content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(call({Method::head, "/hello"})->headers.get("content-length"), "5");
    EXPECT_EQ(call({Method::post, "/echo", {}, "{}"})->body, "{}");
}

TEST_F(ClientTest, AnErrorAnswerIsAnAnswer) {
    connect("viewer");
    const auto answer = call({Method::delete_, "/things/7"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 403);
    EXPECT_EQ(error_of(*answer).code, core::ErrorCode::denied);
    EXPECT_EQ(error_of(*answer).what, "the token of ann lacks the permission 'admin'");
}

TEST_F(ClientTest, ConnectionsAreReusedAndReplacedWhenTheServerClosedThem) {
    options.idle = milliseconds(50);
    connect();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(call({Method::get, "/hello"}));
    EXPECT_EQ(server->counters().connections, 1U);
    ASSERT_TRUE(loop.until([&] { return server->counters().open_connections == 0; }));
    EXPECT_TRUE(call({Method::get, "/hello"}));
    EXPECT_TRUE(call({Method::post, "/echo", {}, "{}"}));
    EXPECT_EQ(server->counters().connections, 2U);
}

TEST_F(ClientTest, NobodyThereSaysWhatToDo) {
    connect();
    const auto url = server->url();
    server = nullptr;
    const auto answer = call({Method::get, "/hello"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, core::ErrorCode::unavailable);
    EXPECT_EQ(
        answer.error().what,
        "cannot reach " + url + " (connection refused); is the coordinator running? set --server or ANTIPHON_URL");
}

TEST_F(ClientTest, TheDeadlineHolds) {
    connect();
    ClientRequest request{Method::get, "/keep"};
    request.deadline = milliseconds(50);
    const auto answer = call(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, core::ErrorCode::unavailable);
    EXPECT_NE(answer.error().what.find("GET /keep at " + server->url() + ": no answer in time"), std::string::npos);
}

TEST_F(ClientTest, BoundsHold) {
    ClientOptions settings;
    settings.body_bytes_max = 10;
    settings.exchanges_max = 1;
    connect("", settings);
    EXPECT_EQ(call({Method::post, "/echo", {}, "12345678901"}).error().code, core::ErrorCode::exhausted);
    int refused = 0;
    client->request({Method::get, "/keep"}, [](auto) {});
    client->request({Method::get, "/hello"}, [&](core::Result<Response> got) {
        refused += !got && got.error().code == core::ErrorCode::exhausted;
    });
    EXPECT_EQ(refused, 1);
}

TEST_F(ClientTest, WhatIsNoHttpIsCorruptAndWhatBreaksIsUnavailable) {
    using core::ErrorCode;
    EXPECT_EQ(call_to("SSH-2.0-OpenSSH\r\n\r\n").error().code, ErrorCode::corrupt);
    EXPECT_EQ(call_to("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").error().code, ErrorCode::corrupt);
    EXPECT_EQ(call_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").error().code, ErrorCode::corrupt);
    EXPECT_EQ(call_to("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x')).error().code, ErrorCode::corrupt);
    EXPECT_EQ(call_to("").error().code, ErrorCode::unavailable);
    EXPECT_EQ(call_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").error().code, ErrorCode::unavailable);
    EXPECT_EQ(call_to("HTTP/1.1 200 OK\r\n\r\nuntil the end")->body, "until the end");
    EXPECT_EQ(call_to("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status, 204);
    EXPECT_FALSE(call_to([] {
        std::string endless;
        for (int i = 0; i < 50; ++i) endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
        return endless;
    }()));
}

TEST_F(ClientTest, TargetsAndHeadersCannotBreakTheRequest) {
    connect();
    for (const auto* target : {"", "hello", "/a b", "/a\r\nX: y", "/\xff"})
        EXPECT_EQ(call({Method::get, target}).error().code, core::ErrorCode::invalid) << target;
    EXPECT_TRUE(call({Method::get, "/hello", {{"X", "y\r\nZ: z"}}}));
    EXPECT_EQ(server->counters().malformed_requests, 0U);
}

TEST_F(ClientTest, DestroyedWithRequestsUnderWayCallsNobody) {
    connect();
    int called = 0;
    client->request({Method::get, "/keep"}, [&](auto) { ++called; });
    client->upload({Method::put, "/blob", {}, "", ChunkSource([&](auto) { return ++called, std::size_t{0}; })},
                   [&](auto) { ++called; });
    client->websocket("/events", {[&] { ++called; }, [&](auto) { ++called; }, [&](auto, auto) { ++called; }});
    ASSERT_TRUE(loop.until([&] { return kept.size() == 1; }));
    called = 0;
    client = nullptr;
    ASSERT_TRUE(loop.until([&] { return server->counters().open_connections <= 1; }));
    kept.clear();
    ASSERT_TRUE(loop.until([&] { return server->counters().open_connections == 0; }));
    EXPECT_EQ(called, 0);
}

TEST_F(ClientTest, ACallbackMayDestroyTheClient) {
    connect();
    bool called = false;
    client->request({Method::get, "/hello"}, [&](auto) {
        client = nullptr;
        called = true;
    });
    EXPECT_TRUE(loop.until([&] { return called; }));
}

TEST_F(ClientTest, FetchBlocksUntilTheAnswer) {
    start();
    std::optional<core::Result<Response>> answer;
    std::atomic<bool> done = false;
    std::thread command([&, url = *parse_url(server->url())] {
        answer = fetch(url, "", {Method::get, "/hello"});
        done = true;
    });
    EXPECT_TRUE(loop.until([&] { return done.load(); }));
    command.join();
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->body, "hello");
    EXPECT_FALSE(fetch({"127.0.0.1", 1}, "", {Method::get, "/"}));
    EXPECT_EQ(fetch({"host.invalid", 80}, "", {Method::get, "/"}).error().code, core::ErrorCode::unavailable);
}

}  // namespace
}  // namespace antiphon::http::testing
