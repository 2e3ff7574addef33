// Laws of the files: what would fail at each handshake fails at the start, and names the file and the way out.
#include "adapters/tls/fixture.test.hpp"

namespace antiphon::tls {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(TlsTest, APairThatFitsIsTaken) {
    const auto issued = authority.issue({.names = "DNS:hall.example,DNS:*.venue.example,IP:10.0.0.7,IP:::1"});
    write(issued);
    const auto read = read_identity(files, now);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->pem, issued);
    EXPECT_NE(read->context, nullptr);
    EXPECT_THAT(read->names, ElementsAre("hall.example", "*.venue.example", "10.0.0.7", "::1"));
    EXPECT_GT(read->ends - now, std::chrono::hours(24 * 29));
    EXPECT_LT(read->ends - now, std::chrono::hours(24 * 31));
}

TEST_F(TlsTest, AFileThatIsNotThereIsNamed) {
    EXPECT_THAT(refused(), AllOf(HasSubstr("certificate.pem"), HasSubstr("No such file")));
    write(authority.issue());
    std::filesystem::remove(files.key);
    EXPECT_THAT(refused(), AllOf(HasSubstr("key.pem"), HasSubstr("No such file")));
    std::filesystem::create_directory(files.key);
    EXPECT_THAT(refused(), AllOf(HasSubstr("key.pem"), HasSubstr("is a folder")));
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsRefused) {
    write({authority.issue().certificate, authority.issue().key});
    EXPECT_THAT(refused(), AllOf(HasSubstr("key.pem"), HasSubstr("does not belong to"), HasSubstr("certificate.pem")));
}

TEST_F(TlsTest, WhatIsNoPemIsRefused) {
    const auto issued = authority.issue();
    for (const std::string& bad :
         {std::string(), std::string("nonsense"), issued.key, issued.certificate.substr(0, 200),
          issued.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
        write({bad, issued.key});
        EXPECT_THAT(refused(), HasSubstr("holds no certificate in PEM")) << bad;
    }
    for (const std::string& bad : {std::string(), issued.certificate, issued.key.substr(0, 60)}) {
        write({issued.certificate, bad});
        EXPECT_THAT(refused(), AllOf(HasSubstr("is no private key in PEM"), HasSubstr("openssl pkey"))) << bad;
    }
}

TEST_F(TlsTest, ACertificateThatHasEndedIsRefusedAndOneThatHasNotBegunIsTaken) {
    write(authority.issue({.ends_in_s = -60}));
    EXPECT_THAT(refused(), AllOf(HasSubstr("expired on"), HasSubstr("renew it")));
    write(authority.issue({.begins_in_s = 3600}));
    EXPECT_EQ(refused(), "taken");
}

TEST_F(TlsTest, AChainIsSentAlong) {
    auto issued = authority.issue();
    issued.certificate += authority.certificate();
    write(issued);
    EXPECT_EQ(refused(), "taken");
}

TEST(HostForUrls, IsANameThatTheCertificateIsFor) {
    EXPECT_EQ(host_for_urls({"hall.example", "10.0.0.7"}, "10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(host_for_urls({"*.example", "hall.example", "10.0.0.7"}, "0.0.0.0"), "hall.example");
    EXPECT_EQ(host_for_urls({"*.example"}, "10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(host_for_urls({}, "10.0.0.7"), "10.0.0.7");
}

TEST(EndingSoon, IsSaidFourteenDaysBefore) {
    const core::WallTime ends{std::chrono::nanoseconds(std::chrono::hours(24 * 100)).count()};
    EXPECT_EQ(ending_soon(ends, ends - std::chrono::hours(24 * 15)), "");
    EXPECT_EQ(ending_soon(ends, ends - std::chrono::hours(24 * 13)),
              "the TLS certificate ends on 1970-04-11 00:00 UTC; renew it, and it is taken up without a restart");
    EXPECT_THAT(ending_soon(ends, ends), HasSubstr("expired on 1970-04-11"));
}

}  // namespace
}  // namespace antiphon::tls
