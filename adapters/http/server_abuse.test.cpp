// Faults as data: what malformed, slow and greedy clients get, and that nobody else notices.
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

TEST_F(ServerTest, MalformedRequestsAreRefusedWith400) {
    const char* const requests[] = {
        "GARBAGE\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting\r\n\r\n",
        "GET /hello\r\n\r\n",
        "GET /hello HTTP/9.9\r\nHost: h\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        // requests that two parsers read in two ways
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        // chunks that are none
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\nzz\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "PUT /blob HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
    };
    for (const auto* request : requests) expect_status(request, 400);
    EXPECT_EQ(server->counters().malformed_requests, std::size(requests));
    EXPECT_EQ(upload.finished, 0);
    EXPECT_TRUE(loop.until([&] { return server->counters().open_connections == 0; }));
}

TEST_F(ServerTest, AnUnknownTransferEncodingIsRefused) {
    for (const auto* encoding : {"gzip", "chunked, gzip", "gzip, chunked", "xchunked"})
        expect_status(std::string("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ") + encoding + "\r\n\r\n",
                      501);
}

TEST_F(ServerTest, RandomBytesDoNoHarm) {
    start();
    std::uint32_t state = 2463534242;
    for (int round = 0; round < 200; ++round) {
        std::string bytes = round % 2 ? "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                                        "Content-Type: application/json\r\n\r\n"
                                      : "";
        for (int i = 0; i < 64; ++i) {
            state ^= state << 13U, state ^= state >> 17U, state ^= state << 5U;
            bytes += static_cast<char>(state);
        }
        const auto client = raw();
        client->send(bytes);
        loop.io.poll();
        client->half_close();
        ASSERT_TRUE(loop.until([&] { return client->closed; })) << "round " << round;
    }
    expect_status("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200);
}

TEST_F(ServerTest, AHeaderOverTheLimitIs431) {
    const std::string start = "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX: ";
    expect_status(start + std::string(20'000, 'x') + "\r\n\r\n", 431);
    expect_status("GET /" + std::string(1'000'000, 'x') + " HTTP/1.1\r\n\r\n", 431);
    expect_status(start + std::string(15'000, 'x') + "\r\n\r\n", 200);
}

TEST_F(ServerTest, AChunkedBodyOverTheLimitIs413) {
    std::string request =
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 300; ++i) request += "1000\r\n" + std::string(4096, 'x') + "\r\n";
    expect_status(request, 413);
}

TEST_F(ServerTest, AContentLengthThatPromisesTooMuchJustEnds) {
    start();
    const auto client = raw();
    client->send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\nshort");
    loop.io.poll();
    client->half_close();
    ASSERT_TRUE(loop.until([&] { return client->closed; }));
    EXPECT_EQ(client->received, "");
}

TEST_F(ServerTest, WhatFollowsARefusedBodyIsNotTakenForARequest) {
    const std::string hidden = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto answer = expect_status(
        "POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" + hidden,
        404);
    EXPECT_EQ(answer.find("hello"), std::string::npos);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, HalfOpenClientsAreCutOff) {
    options.header_timeout = milliseconds(60);
    options.body_idle = milliseconds(60);
    options.idle = milliseconds(60);
    start();
    const auto silent = raw();
    const auto header = raw();
    const auto body = raw();
    const auto idle = raw();
    header->send("GET /hello HTTP/1.1\r\nHo");
    body->send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\nab");
    idle->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return silent->closed && header->closed && body->closed && idle->closed; }));
    EXPECT_EQ(idle->answers(), 1U);
    EXPECT_EQ(server->counters().timeouts, 2U);
    EXPECT_EQ(server->counters().open_connections, 0U);
}

constexpr const char* who_is_known = "GET /things/7 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer root\r\n\r\n";

// Whoever can open connections at will pushes out only himself and those who have not said anything yet.
TEST_F(ServerTest, OverTheConnectionBoundTheOldestStrangerGivesWay) {
    options.connections_max = 3;
    start();
    const auto known = raw();
    known->send(who_is_known);
    ASSERT_TRUE(loop.until([&] { return known->answers() == 1; }));
    std::vector<std::shared_ptr<RawClient>> strangers;
    for (std::size_t i = 0; i < 50; ++i) {
        strangers.push_back(raw());
        if (i % 3 == 1) strangers.back()->send("GET /hel");
        if (i % 3 == 2) strangers.back()->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
        ASSERT_TRUE(i < 2 || loop.until([&] { return strangers[i - 2]->closed; })) << i;
        ASSERT_LE(server->counters().open_connections, 3U);
    }
    EXPECT_EQ(server->counters().strangers_cut, 48U);
    EXPECT_EQ(server->counters().refused_connections, 0U);
    expect_status("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200);
    known->send(who_is_known);
    EXPECT_TRUE(loop.until([&] { return known->answers() == 2; }));
}

TEST_F(ServerTest, OverTheConnectionBoundTheNewestIsRefusedWhenAllAreKnown) {
    options.connections_max = 3;
    start();
    std::vector<std::shared_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(raw());
        clients.back()->send(who_is_known);
        ASSERT_TRUE(loop.until([&] { return clients.back()->answers() == 1; }));
    }
    expect_status("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 503);
    EXPECT_EQ(server->counters().refused_connections, 1U);
    clients[0]->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return clients[0]->answers() == 2; }));
    clients[1]->close();
    ASSERT_TRUE(loop.until([&] { return server->counters().open_connections == 2; }));
    expect_status("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200);
}

}  // namespace
}  // namespace antiphon::http::testing
