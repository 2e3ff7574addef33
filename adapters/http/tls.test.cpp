// Laws of https: what plain HTTP can, with a server that proves who it is; who does not finish a handshake is cut.
#include <gmock/gmock.h>

#include <fstream>

#include "adapters/http/client.hpp"
#include "adapters/http/test_loop.hpp"
#include "adapters/tls/server_identity.hpp"
#include "adapters/tls/trust.hpp"
#include "tests/support/authority.hpp"

namespace antiphon::http::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class HttpsTest : public ServerTest {
  protected:
    tls::ServerIdentity identity(const test::CertificateWish& wish = {}) const {
        const auto issued = authority.issue(wish);
        auto read =
            tls::read_identity({folder.write("c.pem", issued.certificate), folder.write("k.pem", issued.key)}, {});
        ANTIPHON_ASSERT(read);
        return std::move(*read);
    }
    void start_with(const test::CertificateWish& wish = {}) {
        options.tls = identity(wish).context;
        start();
    }
    std::unique_ptr<Client> make_client(const Url& url, const std::string& ca = "ca.pem") {
        ClientOptions settings;
        if (ca == "ca.pem") folder.write(ca, authority.certificate());
        settings.trust = std::make_shared<tls::AuthorityTrust>(folder.file(ca));
        return std::make_unique<Client>(loop.io, url, "viewer", settings);
    }
    std::unique_ptr<Client> make_client() { return make_client(*parse_url(server->url())); }

    core::Result<Response> get(Client& client, const std::string& target = "/hello") {
        std::optional<core::Result<Response>> answer;
        client.request({.target = target}, [&](core::Result<Response> got) { answer = std::move(got); });
        EXPECT_TRUE(loop.until([&] { return answer.has_value(); }));
        return *answer;
    }
    std::string why_not(Client& client) {
        const auto answer = get(client);
        return answer ? answer->body : answer.error().what;
    }
    // A client that begins a handshake, and ends it when it is destroyed.
    std::shared_ptr<RawClient> begun() {
        auto client = raw();
        client->send(std::string("\x16\x03\x01\x01\x00", 5));
        return client;
    }
    bool counted(std::uint64_t ServerCounters::* counter, std::uint64_t wanted) {
        return loop.until([&] { return server->counters().*counter >= wanted; });
    }

    const test::Authority authority{"Hall Authority"};
    const test::CertificateFolder folder;
};

TEST_F(HttpsTest, AnswersAndKeepsTheConnection) {
    start_with();
    EXPECT_TRUE(server->url().starts_with("https://127.0.0.1:"));
    const auto client = make_client();
    for (int i = 0; i < 5; ++i) {
        const auto answer = get(*client, "/things/7");
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->body, "7 - ann");
    }
    EXPECT_EQ(server->counters().connections, 1U);
}

TEST_F(HttpsTest, CarriesFilesBothWays) {
    start_with();
    const std::string content(9 * 1024 * 1024 + 7, 'q');
    file = {folder.write("programme", content), "\"1\""};
    const auto client = make_client();
    std::string got;
    std::optional<core::Result<Downloaded>> down;
    const auto sink = [&](std::span<const std::byte> piece) {
        got.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return core::Result<void>();
    };
    client->download({.target = "/file"}, sink, [&](core::Result<Downloaded> done) { down = std::move(done); });
    ASSERT_TRUE(loop.until([&] { return down.has_value(); }));
    ASSERT_TRUE(*down) << down->error().what;
    EXPECT_TRUE(got == content);
    std::optional<core::Result<Response>> up;
    UploadRequest request;
    request.target = "/blob";
    request.source = file.path;
    client->upload(std::move(request), [&](core::Result<Response> done) { up = std::move(done); });
    ASSERT_TRUE(loop.until([&] { return up.has_value(); }));
    ASSERT_TRUE(*up) << up->error().what;
    EXPECT_EQ((*up)->status, 201);
    EXPECT_EQ(upload.bytes, content.size());
}

TEST_F(HttpsTest, ARefusedUploadIsToldThroughTls) {
    start_with();
    upload.refuse_chunk = core::Error{core::ErrorCode::exhausted, "the disk is full"};
    const auto client = make_client();
    std::optional<core::Result<Response>> up;
    UploadRequest request;
    request.target = "/blob";
    request.source = folder.write("big", std::string(8 * 1024 * 1024, 'x'));
    client->upload(std::move(request), [&](core::Result<Response> done) { up = std::move(done); });
    ASSERT_TRUE(loop.until([&] { return up.has_value(); }));
    ASSERT_TRUE(*up) << up->error().what;
    EXPECT_THAT((*up)->body, HasSubstr("the disk is full"));
}

TEST_F(HttpsTest, AWebSocketLivesOnWhileTheCertificateIsReplaced) {
    start_with();
    const auto client = make_client();
    std::vector<std::string> got;
    bool open = false;
    std::string reason;
    const auto socket =
        client->websocket("/events", {[&] { open = true; }, [&](const std::string& text) { got.push_back(text); },
                                      [&](std::uint16_t, const std::string& why) { reason = why; }});
    ASSERT_TRUE(loop.until([&] { return open && !sockets.empty(); })) << reason;
    const auto next = identity({.names = "DNS:localhost"});
    server->use_tls(next.context, "localhost");
    EXPECT_TRUE(server->url().starts_with("https://localhost:"));
    for (int i = 0; i < 100; ++i) sockets[0]->send(std::to_string(i) + std::string(1000, 'x'));
    socket->send("still here");
    EXPECT_TRUE(loop.until([&] { return got.size() == 100 && heard.size() == 1; }));
    const auto other = make_client(*parse_url("https://127.0.0.1:" + std::to_string(server->port())));
    EXPECT_THAT(why_not(*other), HasSubstr("is for 'localhost'"));
    const auto named = make_client();
    EXPECT_EQ(why_not(*named), "hello");
}

TEST_F(HttpsTest, ARefusalNamesWhatIsWrongWithTheCertificate) {
    const struct {
        test::CertificateWish wish;
        std::string ca;
        std::string wrong;
    } faults[] = {{{.ends_in_s = -60}, "ca.pem", "expired on"},
                  {{.begins_in_s = 3600}, "ca.pem", "is not valid before"},
                  {{.names = "DNS:elsewhere.example"}, "ca.pem", "is for 'elsewhere.example'"},
                  {{}, "other.pem", "--tls-ca FILE"},
                  {{}, "missing.pem", "missing.pem"}};
    folder.write("other.pem", test::Authority("Somebody Else").certificate());
    start_with();
    for (const auto& fault : faults) {
        server->use_tls(identity(fault.wish).context, "");
        const auto client = make_client(*parse_url(server->url()), fault.ca);
        EXPECT_THAT(why_not(*client), HasSubstr(fault.wrong));
        EXPECT_THAT(why_not(*client), HasSubstr(fault.wrong)) << "again";
    }
    EXPECT_TRUE(loop.until([&] { return server->counters().open_connections == 0; }));
    std::string reason;
    const auto client = make_client(*parse_url(server->url()), "other.pem");
    const auto socket =
        client->websocket("/events", {{}, {}, [&](std::uint16_t, const std::string& why) { reason = why; }});
    EXPECT_TRUE(loop.until([&] { return !reason.empty(); }));
    EXPECT_THAT(reason, HasSubstr("--tls-ca FILE"));
}

TEST_F(HttpsTest, WithoutAnyTrustNothingIsBelieved) {
    start_with();
    Client client(loop.io, *parse_url(server->url()), "viewer");
    EXPECT_THAT(why_not(client), HasSubstr("cannot trust"));
}

TEST_F(HttpsTest, PlainHttpIsToldToUseTls) {
    start_with();
    const auto answer = talk("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(answer, AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr("https:// in place of http://")));
    EXPECT_EQ(server->counters().plain_on_tls, 1U);
    EXPECT_EQ(talk(std::string("\0\1\2", 3)), "");
}

TEST_F(HttpsTest, HttpsToAPlainServerIsTold) {
    start();
    auto url = *parse_url(server->url());
    url.tls = true;
    const auto client = make_client(url);
    EXPECT_THAT(why_not(*client), HasSubstr("no TLS is spoken there"));
}

TEST_F(HttpsTest, WhoNeverFinishesAHandshakeIsCut) {
    options.handshake_timeout = milliseconds(150);
    start_with();
    const auto silent = raw();
    const auto half = begun();
    const auto client = make_client();
    EXPECT_EQ(why_not(*client), "hello");
    EXPECT_TRUE(loop.until([&] { return silent->closed && half->closed; }));
    EXPECT_EQ(server->counters().timeouts, 2U);
    EXPECT_EQ(server->counters().failed_handshakes, 2U);
    EXPECT_EQ(why_not(*client), "hello");
}

TEST_F(HttpsTest, PastTheBoundTheOldestHandshakeIsCutAndTheNewestServed) {
    options.handshakes_max = 4;
    options.handshake_timeout = milliseconds(60'000);
    start_with();
    std::vector<std::shared_ptr<RawClient>> crowd;
    for (std::uint64_t i = 1; i <= 12; ++i) {
        crowd.push_back(begun());
        ASSERT_TRUE(counted(&ServerCounters::connections, i));
    }
    EXPECT_TRUE(loop.until([&] { return server->counters().failed_handshakes == 8; }));
    EXPECT_TRUE(loop.until([&] { return crowd[7]->closed; }));
    EXPECT_FALSE(crowd[8]->closed);
    const auto client = make_client();
    EXPECT_EQ(why_not(*client), "hello");
}

TEST_F(HttpsTest, GarbageInAHandshakeHurtsNobody) {
    start_with();
    std::uint32_t seed = 1;
    for (int i = 0; i < 50; ++i) {
        std::string bytes("\x16\x03\x01", 3);
        for (int j = 0; j < 400; ++j) bytes += static_cast<char>((seed = seed * 1664525U + 1013904223U) >> 24U);
        const auto client = raw();
        client->send(bytes);
        client->half_close();
        ASSERT_TRUE(loop.until([&] { return client->closed; })) << i;
    }
    const auto client = make_client();
    EXPECT_EQ(why_not(*client), "hello");
    EXPECT_GE(server->counters().failed_handshakes, 50U);
}

TEST_F(HttpsTest, AServerThatStopsEndsHandshakesToo) {
    options.handshake_timeout = milliseconds(60'000);
    start_with();
    const auto half = begun();
    ASSERT_TRUE(counted(&ServerCounters::connections, 1));
    bool stopped = false;
    server->stop(milliseconds(50), [&] { stopped = true; });
    EXPECT_TRUE(loop.until([&] { return stopped && half->closed; }));
    server = nullptr;
}

}  // namespace
}  // namespace antiphon::http::testing
