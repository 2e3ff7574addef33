// Laws of bodies that are made while they are sent: in order, bounded, and with one end whatever happens.
#include "adapters/http/live_body.hpp"

#include <gtest/gtest.h>

#include "adapters/http/client.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

LiveBody::Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

class LiveBodyTest : public ServerTest {
  protected:
    void SetUp() override {
        router.add(Method::get, "/live", Permission::none, [this](const Request&, Responder responder) {
            body = std::make_shared<LiveBody>();
            body->on_end([this] { ++ends; });
            responder.answer(Response::of_live(body, "audio/ogg"));
        });
        start();
    }
    void TearDown() override { server.reset(); }

    std::shared_ptr<RawClient> ask(const std::string& head = "GET /live HTTP/1.1\r\nHost: h\r\n\r\n") {
        auto client = raw();
        client->send(head);
        EXPECT_TRUE(loop.until([&] { return client->has("\r\n\r\n"); }));
        return client;
    }

    std::shared_ptr<LiveBody> body;
    int ends = 0;
};

TEST_F(LiveBodyTest, GoesOutAsItIsMadeAndTheConnectionLivesOn) {
    const auto client = ask();
    EXPECT_TRUE(client->has("HTTP/1.1 200 "));
    EXPECT_TRUE(client->has("Transfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(client->has("Content-Length"));
    EXPECT_TRUE(body->send(bytes("one")));
    EXPECT_TRUE(loop.until([&] { return client->has("3\r\none\r\n"); }));
    EXPECT_TRUE(body->send(bytes("")));
    EXPECT_TRUE(body->send(bytes(std::string(40, 'x'))));
    EXPECT_TRUE(loop.until([&] { return client->has("28\r\n" + std::string(40, 'x') + "\r\n"); }));
    EXPECT_FALSE(client->has("\r\n0\r\n")) << "an empty piece is no end";
    EXPECT_EQ(ends, 0);
    body->send(bytes("two"));
    body->finish();
    EXPECT_TRUE(loop.until([&] { return client->received.ends_with("3\r\ntwo\r\n0\r\n\r\n") && ends == 1; }));
    EXPECT_FALSE(body->send(bytes("three")));
    client->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(loop.until([&] { return client->received.ends_with("hello"); }));
}

TEST_F(LiveBodyTest, IsToldWhenItsClientLeaves) {
    auto client = ask();
    client->close();
    EXPECT_TRUE(loop.until([&] {
        body->send(bytes("x"));
        return ends == 1;
    }));
    EXPECT_FALSE(body->is_open());
    EXPECT_EQ(server->counters().slow_consumers_cut, 0U);
}

TEST_F(LiveBodyTest, CutsOffWhoReadsTooSlowlyAtOnce) {
    auto slow = std::make_shared<RawClient>(loop.io, server->port());  // sends, but never reads
    slow->send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return body != nullptr; }));
    const auto stuck = body;
    const auto other = ask();
    const auto piece = bytes(std::string(64 * 1024, 'x'));
    std::size_t told = 0;
    while (stuck->send(piece)) {
        EXPECT_LE(stuck->queued_bytes(), LiveBody::queue_bytes_default);
        ASSERT_TRUE(body->send(bytes("tick")));
        ++told;
        loop.io.restart();
        loop.io.poll();
    }
    EXPECT_TRUE(loop.until([&] { return ends == 1; })) << "it does not wait for what is being written";
    EXPECT_EQ(server->counters().slow_consumers_cut, 1U);
    EXPECT_TRUE(body->is_open());
    EXPECT_TRUE(loop.until([&] {
        std::size_t ticks = 0;
        for (auto at = other->received.find("tick"); at != std::string::npos; at = other->received.find("tick", at + 1))
            ++ticks;
        return ticks == told;
    })) << "the other has heard all";
}

TEST_F(LiveBodyTest, HasNoChunksForClientsThatKnowNone) {
    const auto client = ask("GET /live HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(client->has("chunked"));
    EXPECT_TRUE(client->has("Connection: close\r\n"));
    body->send(bytes("one"));
    body->send(bytes("two"));
    body->finish();
    EXPECT_TRUE(loop.until([&] { return client->closed; }));
    EXPECT_TRUE(client->received.ends_with("\r\n\r\nonetwo"));
}

TEST_F(LiveBodyTest, IsNotSentToWhoAskedForTheHeadAlone) {
    const auto client = ask("HEAD /live HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client->has("audio/ogg"));
    EXPECT_TRUE(loop.until([&] { return ends == 1; }));
    client->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(loop.until([&] { return client->received.ends_with("hello"); }));
}

TEST_F(LiveBodyTest, EndsWithTheServer) {
    const auto client = ask();
    body->send(bytes("last"));
    bool stopped = false;
    server->stop(milliseconds(5'000), [&] { stopped = true; });
    EXPECT_TRUE(loop.until([&] { return stopped; }, milliseconds(4'000))) << "it would be cut only after 5 s";
    EXPECT_TRUE(client->received.ends_with("4\r\nlast\r\n0\r\n\r\n"));
    EXPECT_EQ(ends, 1);
}

TEST_F(LiveBodyTest, IsForgottenWhenTheServerGoes) {
    const auto client = ask();
    server.reset();
    EXPECT_FALSE(body->send(bytes("x")));
    EXPECT_TRUE(loop.until([&] { return client->closed; }));
    EXPECT_EQ(ends, 0);
}

TEST_F(LiveBodyTest, EndsAlsoWhenNobodyReadIt) {
    auto unread = std::make_shared<LiveBody>();
    int over = 0;
    unread->on_end([&] { ++over; });
    {
        const auto response = Response::of_live(unread, "audio/ogg");
    }
    EXPECT_EQ(over, 1);
    EXPECT_FALSE(unread->is_open());
}

TEST_F(LiveBodyTest, IsAFileWithoutAnEndForOurClient) {
    Client client(loop.io, *parse_url(server->url()), "");
    std::string got;
    std::optional<core::Result<Downloaded>> done;
    client.download(
        {.target = "/live"},
        [&](std::span<const std::byte> piece) -> core::Result<void> {
            got.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            if (got.size() >= 6) return core::Error{core::ErrorCode::conflict, "enough"};
            return {};
        },
        [&](core::Result<Downloaded> result) { done = std::move(result); });
    ASSERT_TRUE(loop.until([&] { return body != nullptr; }));
    body->send(bytes("abc"));
    EXPECT_TRUE(loop.until([&] { return got == "abc"; })) << "each piece comes at once";
    body->send(bytes("def"));
    ASSERT_TRUE(loop.until([&] { return done.has_value(); }));
    ASSERT_FALSE(*done);
    EXPECT_EQ(done->error().what, "enough");
}

}  // namespace
}  // namespace antiphon::http::testing
