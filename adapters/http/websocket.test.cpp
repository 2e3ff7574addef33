// Laws of the push: everybody gets everything in order, or is cut off and told.
#include "adapters/http/websocket.hpp"

#include <algorithm>

#include "adapters/http/client.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

struct Listener {
    bool open = false;
    std::vector<std::string> heard;
    std::uint16_t closed = 0;
    std::string reason;
    std::shared_ptr<WebSocket> socket;
};

std::string upgrade(const std::string& more) {
    return "GET /events HTTP/1.1\r\nHost: h:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
           "13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           more + "\r\n";
}

// A client's frame, masked with zeros.
std::string frame(int first_byte, const std::string& payload) {
    std::string out{static_cast<char>(first_byte), static_cast<char>(0x80U | payload.size())};
    return out + std::string(4, '\0') + payload;
}

class WebSocketTest : public ServerTest {
  protected:
    void connect(const std::string& token = "viewer", ClientOptions settings = {}) {
        if (!server) start();
        client = std::make_unique<Client>(loop.io, *parse_url(server->url()), token, settings);
    }
    std::shared_ptr<Listener> listen(const std::string& target = "/events") {
        auto listener = std::make_shared<Listener>();
        listener->socket =
            client->websocket(target, {[listener] { listener->open = true; },
                                       [listener](const std::string& text) { listener->heard.push_back(text); },
                                       [listener](std::uint16_t code, const std::string& reason) {
                                           listener->closed = code;
                                           listener->reason = reason;
                                           listener->socket = nullptr;
                                       }});
        return listener;
    }
    std::unique_ptr<Client> client;
};

TEST_F(WebSocketTest, FiftyListenersHearEverythingInOrder) {
    connect();
    std::vector<std::shared_ptr<Listener>> listeners;
    for (int i = 0; i < 50; ++i) listeners.push_back(listen());
    ASSERT_TRUE(loop.until([&] { return sockets.size() == 50; }));
    EXPECT_EQ(server->counters().open_websockets, 50U);
    for (int i = 0; i < 200; ++i) {
        const auto text = std::make_shared<const std::string>("event " + std::to_string(i));
        for (const auto& socket : sockets) ASSERT_TRUE(socket->send(text));
    }
    ASSERT_TRUE(loop.until([&] {
        return std::all_of(listeners.begin(), listeners.end(), [](auto& one) { return one->heard.size() == 200; });
    }));
    for (const auto& listener : listeners)
        for (std::size_t i = 0; i < 200; ++i) ASSERT_EQ(listener->heard[i], "event " + std::to_string(i));
    EXPECT_EQ(server->counters().slow_consumers_cut, 0U);
    client = nullptr;
    EXPECT_TRUE(loop.until([&] { return closes.size() == 50; }));
    EXPECT_EQ(server->counters().open_websockets, 0U);
}

TEST_F(WebSocketTest, TalksBothWaysAndTakesItsLeave) {
    connect();
    const auto listener = listen();
    EXPECT_TRUE(listener->socket->send("before it is open"));
    ASSERT_TRUE(loop.until([&] { return heard.size() == 1; }));
    EXPECT_EQ(heard[0], "before it is open");
    sockets[0]->send("last words");
    sockets[0]->close(close_code::going_away, "good night");
    EXPECT_FALSE(sockets[0]->send("too late"));
    ASSERT_TRUE(loop.until([&] { return listener->closed != 0 && closes.size() == 1; }));
    EXPECT_EQ(listener->heard, std::vector<std::string>{"last words"});
    EXPECT_EQ(listener->closed, close_code::going_away);
    EXPECT_EQ(listener->reason, "good night");
    EXPECT_EQ(closes[0], close_code::going_away);
}

TEST_F(WebSocketTest, ASlowConsumerIsCutOffAndTheOthersAreNot) {
    connect();
    const auto good = listen();
    ASSERT_TRUE(loop.until([&] { return good->open && sockets.size() == 1; }));
    const auto slow = std::make_shared<RawClient>(loop.io, server->port());  // never reads
    slow->send(upgrade("Authorization: Bearer viewer\r\n"));
    ASSERT_TRUE(loop.until([&] { return sockets.size() == 2; }));
    const auto text = std::make_shared<const std::string>(64 * 1024, 'x');
    std::size_t sent = 0;
    while (sockets[1]->send(text)) {
        ASSERT_TRUE(sockets[0]->send(text));
        ++sent;
        ASSERT_TRUE(loop.until([&] { return good->heard.size() == sent; }));
        ASSERT_LT(sent, 1000U);
    }
    EXPECT_EQ(server->counters().slow_consumers_cut, 1U);
    EXPECT_LE(sockets[1]->queued_messages(), 1U);
    ASSERT_TRUE(loop.until([&] { return closes.size() == 1; }));
    EXPECT_EQ(closes[0], close_code::try_again_later);
    EXPECT_TRUE(sockets[0]->send("still here"));
    ASSERT_TRUE(loop.until([&] { return good->heard.back() == "still here"; }));
}

TEST_F(WebSocketTest, TheQueueIsBoundedInMessagesToo) {
    connect();
    const auto listener = listen();
    ASSERT_TRUE(loop.until([&] { return sockets.size() == 1; }));
    int queued = 0;
    while (sockets[0]->send("x")) ++queued;  // the loop does not run meanwhile
    EXPECT_EQ(queued, 256);
    ASSERT_TRUE(loop.until([&] { return listener->closed != 0; }));
    EXPECT_EQ(listener->closed, close_code::try_again_later);
}

TEST_F(WebSocketTest, TokenAndOriginAreChecked) {
    connect("");
    const auto without = listen();
    ASSERT_TRUE(loop.until([&] { return without->closed != 0; }));
    EXPECT_EQ(without->closed, close_code::abnormal);
    EXPECT_EQ(without->reason, "the server answered 401 Unauthorized");
    const auto in_query = listen("/events?access_token=viewer");
    ASSERT_TRUE(loop.until([&] { return in_query->open; }));
}

TEST_F(WebSocketTest, AHandlerThatShutsTheDoorAtOnceIsHeard) {
    router.websocket("/shut", Permission::view, [](const Request&, const std::shared_ptr<WebSocket>& socket) {
        socket->close(close_code::policy, "not any more");
    });
    connect();
    const auto listener = listen("/shut");
    ASSERT_TRUE(loop.until([&] { return listener->closed != 0; }));
    EXPECT_EQ(listener->closed, close_code::policy);
    EXPECT_EQ(listener->reason, "not any more");
}

TEST_F(WebSocketTest, ListensForItsOwnPageOrForNoPageButForNoForeignOne) {
    for (const auto* foreign : {"http://evil", "null", "", "http://h:2", "http://h:1.evil", "http://evil/h:1"})
        expect_status(
            upgrade("Connection: close\r\nAuthorization: Bearer viewer\r\nOrigin: " + std::string(foreign) + "\r\n"),
            403);
    EXPECT_TRUE(sockets.empty());
    for (const auto* own : {"Origin: http://h:1\r\n", "Origin: https://h:1\r\n", "Origin: HTTP://H:1\r\n", ""}) {
        const auto browser = raw();
        browser->send(upgrade("Authorization: Bearer viewer\r\n" + std::string(own)));
        ASSERT_TRUE(loop.until([&] { return browser->has("101 Switching Protocols"); })) << own;
        EXPECT_TRUE(browser->has("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }
}

TEST_F(WebSocketTest, MalformedFramesCloseOnlyTheirOwnConnection) {
    connect();
    const auto good = listen();
    const std::string bad_frames[] = {
        std::string("\x81\x05hello", 7),                                      // not masked
        frame(0x83, "x"),                                                     // reserved opcode
        frame(0xF1, "x"),                                                     // reserved bits
        frame(0x81, "\xff\xfe"),                                              // no UTF-8
        frame(0x80, "x"),                                                     // goes on with nothing
        frame(0x09, "x"),                                                     // ping in pieces
        std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14),  // 2^63 bytes promised
        frame(0x88, "x"),                                                     // close with half a code
    };
    for (const auto& bytes : bad_frames) {
        const auto bad = raw();
        bad->send(upgrade("Authorization: Bearer viewer\r\n"));
        ASSERT_TRUE(loop.until([&] { return bad->has("\r\n\r\n"); }));
        bad->send(bytes);
        EXPECT_TRUE(loop.until([&] { return bad->closed; })) << ::testing::PrintToString(bytes);
    }
    ASSERT_TRUE(loop.until([&] { return closes.size() == std::size(bad_frames) && good->open; }));
    EXPECT_TRUE(heard.empty());
    good->socket->send("fine");
    EXPECT_TRUE(loop.until([&] { return heard.size() == 1; }));
}

TEST_F(WebSocketTest, AMessageOverTheBoundClosesIt) {
    connect();
    const auto listener = listen();
    ASSERT_TRUE(listener->socket->send(std::string(64 * 1024, 'x')));
    ASSERT_TRUE(loop.until([&] { return heard.size() == 1; }));
    listener->socket->send(std::string(64 * 1024 + 1, 'x'));
    ASSERT_TRUE(loop.until([&] { return listener->closed != 0 && closes.size() == 1; }));
    EXPECT_EQ(listener->closed, 1009);
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(WebSocketTest, ASilentPeerIsPingedThenClosed) {
    options.websocket.idle_ms = 200;
    start();
    const auto silent = raw();
    silent->send(upgrade("Authorization: Bearer viewer\r\n"));
    ASSERT_TRUE(loop.until([&] { return silent->has("\x89"); }));  // a ping, which it does not answer
    ASSERT_TRUE(loop.until([&] { return silent->closed && closes.size() == 1; }));
    connect();
    const auto alive = listen();
    ASSERT_TRUE(loop.until([&] { return alive->open; }));
    loop.until([&] { return alive->closed != 0; }, milliseconds(600));
    EXPECT_EQ(alive->closed, 0) << "its pongs did not count";
}

TEST_F(WebSocketTest, TheServersStopSaysGoodbye) {
    connect();
    const auto listener = listen();
    ASSERT_TRUE(loop.until([&] { return listener->open && sockets.size() == 1; }));
    bool stopped = false;
    server->stop(milliseconds(5'000), [&] { stopped = true; });
    ASSERT_TRUE(loop.until([&] { return stopped && listener->closed != 0; }));
    EXPECT_EQ(listener->closed, close_code::going_away);
}

TEST_F(WebSocketTest, TheServersEndCallsNoHandler) {
    connect();
    const auto listener = listen();
    ASSERT_TRUE(loop.until([&] { return listener->open && sockets.size() == 1; }));
    server = nullptr;
    ASSERT_TRUE(loop.until([&] { return listener->closed != 0; }));
    EXPECT_TRUE(closes.empty());
    EXPECT_FALSE(sockets[0]->send("nobody"));
}

}  // namespace
}  // namespace antiphon::http::testing
