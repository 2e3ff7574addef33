// Laws of trust: a handshake in memory succeeds with the right server only, and a refusal says what was wrong.
#include "adapters/tls/trust.hpp"

#include <openssl/ssl.h>

#include "adapters/tls/fixture.test.hpp"

namespace antiphon::tls {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

Connection connection(const ports::TlsContext& context, BIO* end, bool server) {
    Connection made(SSL_new(context.get()), SSL_free);
    SSL_set_bio(made.get(), end, end);
    server ? SSL_set_accept_state(made.get()) : SSL_set_connect_state(made.get());
    return made;
}

// Both ends in turn, until they agree or one gives up.
bool shake_hands(const ports::TlsContext& client_side, const ports::TlsContext& server_side) {
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    ANTIPHON_ASSERT(BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1);
    const auto client = connection(client_side, client_end, false);
    const auto server = connection(server_side, server_end, true);
    for (int i = 0; i < 20; ++i) {
        const bool done = SSL_do_handshake(client.get()) == 1;
        const bool answered = SSL_do_handshake(server.get()) == 1;
        if (done && answered) return true;
    }
    return false;
}

class TrustTest : public TlsTest {
  protected:
    // Empty: the handshake succeeded; else why not.
    std::string meet(ports::TlsTrust& believed, const std::string& host, const test::CertificateWish& wish = {}) {
        write(authority.issue(wish));
        const auto server = read_identity(files, {});
        EXPECT_TRUE(server) << server.error().what;
        const auto client = believed.context_for(host);
        if (!client) return client.error().what;
        return shake_hands(*client, server->context) ? "" : "refused: " + believed.refusal(host);
    }

    AuthorityTrust trust{folder.write("ca.pem", authority.certificate())};
};

TEST_F(TrustTest, TheNameOrAddressOfTheServerIsVerified) {
    const test::CertificateWish wish{.names = "DNS:hall.example,DNS:*.venue.example,IP:127.0.0.1,IP:::1"};
    for (const auto* host : {"hall.example", "HALL.example", "a.venue.example", "127.0.0.1", "::1", "::1%lo"})
        EXPECT_EQ(meet(trust, host, wish), "") << host;
    for (const auto* host : {"example", "a.b.venue.example", "127.0.0.2", "::2", "localhost", "hall.example.org"})
        EXPECT_THAT(meet(trust, host, wish),
                    AllOf(HasSubstr(host), HasSubstr("is for 'hall.example'"), HasSubstr("127.0.0.1")))
            << host;
}

TEST_F(TrustTest, AnUnknownAuthorityIsNamedWithTheWayOut) {
    AuthorityTrust other(folder.write("other.pem", test::Authority("Somebody Else").certificate()));
    EXPECT_THAT(meet(other, "localhost"), AllOf(HasSubstr("'Hall Authority'"), HasSubstr("--tls-ca FILE")));
    AuthorityTrust system(std::nullopt);
    EXPECT_THAT(meet(system, "localhost"), AllOf(HasSubstr("'Hall Authority'"), HasSubstr("--tls-ca FILE")));
}

TEST_F(TrustTest, AnAuthorityOfTheSameNameIsNotTheSame) {
    AuthorityTrust forged(folder.write("forged.pem", test::Authority("Hall Authority").certificate()));
    EXPECT_THAT(meet(forged, "localhost"), HasSubstr("refused"));
}

TEST_F(TrustTest, DatesAreVerified) {
    EXPECT_THAT(meet(trust, "localhost", {.ends_in_s = -60}), HasSubstr("expired on"));
    EXPECT_THAT(meet(trust, "localhost", {.begins_in_s = 3600}),
                AllOf(HasSubstr("is not valid before"), HasSubstr("clock")));
}

TEST_F(TrustTest, ANewTryForgetsTheOldRefusal) {
    EXPECT_NE(meet(trust, "localhost", {.ends_in_s = -60}), "");
    EXPECT_NE(trust.refusal("localhost"), "");
    EXPECT_EQ(meet(trust, "localhost"), "");
    EXPECT_EQ(trust.refusal("localhost"), "");
}

TEST_F(TrustTest, AFileOfAuthoritiesThatCannotBeReadIsNamed) {
    for (const auto& bad : {folder.file("missing.pem"), folder.write("empty.pem", ""), folder.write("x.pem", "x")}) {
        AuthorityTrust broken(bad);
        EXPECT_EQ(broken.refusal("localhost"), "");
        EXPECT_THAT(meet(broken, "localhost"), AllOf(HasSubstr("--tls-ca"), HasSubstr(bad.string()))) << bad;
        EXPECT_THAT(broken.refusal("localhost"), HasSubstr("--tls-ca"));
    }
}

TEST_F(TrustTest, AFileOfAuthoritiesThatIsReplacedCounts) {
    AuthorityTrust changing(folder.write("changing.pem", test::Authority("Old").certificate()));
    EXPECT_NE(meet(changing, "localhost"), "");
    folder.write("changing.pem", authority.certificate());
    EXPECT_EQ(meet(changing, "localhost"), "");
}

TEST_F(TrustTest, APinnedServerIsKnownByItsCertificateAlone) {
    write(authority.issue({.names = "DNS:elsewhere", .ends_in_s = -60}));
    const auto server = read_identity(files, {});
    write(authority.issue());
    const auto next = read_identity(files, {});
    write(authority.issue());
    const auto third = read_identity(files, {});
    PinnedTrust pinned;
    pinned.pin(server->pem.certificate);
    EXPECT_TRUE(shake_hands(*pinned.context_for("127.0.0.1"), server->context));
    EXPECT_FALSE(shake_hands(*pinned.context_for("127.0.0.1"), next->context));
    EXPECT_NE(pinned.refusal("127.0.0.1"), "");
    pinned.pin(next->pem.certificate);
    EXPECT_TRUE(shake_hands(*pinned.context_for("127.0.0.1"), server->context));
    EXPECT_TRUE(shake_hands(*pinned.context_for("127.0.0.1"), next->context));
    pinned.pin(third->pem.certificate);
    EXPECT_FALSE(shake_hands(*pinned.context_for("127.0.0.1"), server->context));
}

TEST_F(TrustTest, OlderThanTls12IsRefusedByBothEnds) {
    write(authority.issue());
    const auto server = read_identity(files, now);
    const ports::TlsContext old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(old.get(), 0);
    SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
    EXPECT_FALSE(shake_hands(old, server->context));
    SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
    EXPECT_TRUE(shake_hands(old, server->context));
    SSL_CTX_set_cipher_list(old.get(), "AES128-SHA:AES128-SHA256");  // no forward secrecy
    EXPECT_FALSE(shake_hands(old, server->context));
}

}  // namespace
}  // namespace antiphon::tls
