// Laws of the doors: what leaves this machine in the clear was asked for, and is warned of.
#include "apps/coordinator/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::coordinator {
namespace {

using ::testing::HasSubstr;

TEST(CheckListen, BeyondLoopbackWantsACertificateOrAWord) {
    for (const auto* host : {"127.0.0.1", "127.9.9.9", "localhost", "::1"})
        EXPECT_TRUE(check_listen(host, false, false));
    for (const auto* host : {"0.0.0.0", "::", "192.168.1.10", "hall.example"}) {
        const auto refused = check_listen(host, false, false);
        ASSERT_FALSE(refused) << host;
        EXPECT_EQ(refused.error().code, core::ErrorCode::denied);
        EXPECT_THAT(refused.error().what, HasSubstr(host));
        EXPECT_THAT(refused.error().what, HasSubstr("--tls-certificate"));
        EXPECT_THAT(refused.error().what, HasSubstr("--insecure-lan"));
        EXPECT_TRUE(check_listen(host, true, false));
        EXPECT_TRUE(check_listen(host, false, true));
    }
}

TEST(CheckBroker, APasswordLeavesThisMachineThroughTlsOrByAWord) {
    EXPECT_TRUE(check_broker("127.0.0.1", false, false));
    EXPECT_TRUE(check_broker("hall", true, false));
    EXPECT_TRUE(check_broker("hall", false, true));
    EXPECT_FALSE(check_broker("127.evil.example", false, false));
    const auto refused = check_broker("hall", false, false);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("mqtts://"));
}

TEST(DescribeCluster, WarnsOfALanWithoutTls) {
    node::CoordinatorOptions options;
    EXPECT_TRUE(describe_cluster("c", options).warnings.empty());
    options.insecure_lan = true;
    EXPECT_EQ(describe_cluster("c", options).warnings.size(), 1U);
    options.tls = tls::IdentityFiles{"c.pem", "k.pem"};
    EXPECT_TRUE(describe_cluster("c", options).warnings.empty());
}

TEST(DescribeCluster, WarnsOfABrokerOfSomebodyElseEvenWithTls) {
    node::CoordinatorOptions options;
    options.broker = "mqtts://ann:secret@broker.example";
    const auto warnings = describe_cluster("c", options).warnings;
    ASSERT_EQ(warnings.size(), 1U);
    for (const auto* word : {"read along", "keep messages back", "delete", "again"})
        EXPECT_NE(warnings[0].find(word), std::string::npos) << word;
    EXPECT_EQ(warnings[0].find("secret"), std::string::npos);
}

TEST(DescribeCluster, WarnsOfABrokerThatIsSpokenToInTheClear) {
    node::CoordinatorOptions options;
    options.insecure_lan = true;
    options.tls.emplace();
    options.broker = "mqtt://ann:secret@broker.example";
    const auto warnings = describe_cluster("c", options).warnings;
    ASSERT_EQ(warnings.size(), 2U);
    for (const auto* word : {"without encryption", "--broker-login", "mqtts://"})
        EXPECT_NE(warnings[1].find(word), std::string::npos) << word;
    EXPECT_EQ(warnings[1].find("secret"), std::string::npos);
    for (const auto* private_enough : {"mqtts://broker.example", "mqtt://127.0.0.1:1884"}) {
        options.broker = private_enough;
        EXPECT_EQ(describe_cluster("c", options).warnings.size(), 1U) << private_enough;
    }
}

TEST(DescribeCluster, WarnsOfABrokerThatOtherBoardsCannotReach) {
    node::CoordinatorOptions options;
    options.broker = "mqtt://127.0.0.1:1883";
    EXPECT_EQ(describe_cluster("c", options).warnings.size(), 1U) << "they are all on this machine";
    options.tls.emplace();
    options.listen = "192.168.1.10:8740";
    const auto warnings = describe_cluster("c", options).warnings;
    ASSERT_EQ(warnings.size(), 2U);
    EXPECT_NE(warnings[1].find("127.0.0.1"), std::string::npos);
    options.broker = "mqtts://broker.example";
    EXPECT_EQ(describe_cluster("c", options).warnings.size(), 1U);
}

}  // namespace
}  // namespace antiphon::coordinator
