// Laws of the broker's files: mosquitto's own format, and nothing from outside breaks out of its line.
#include "adapters/mqtt/broker_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace antiphon::mqtt {
namespace {

using testing::HasSubstr;
using testing::Not;

const ports::RandomBytes zeros = [](std::span<std::byte> out) { std::fill(out.begin(), out.end(), std::byte{0}); };
const std::string good_hash = "$7$101$AAAA$BBBB";

TEST(PasswordHash, IsWhatMosquittoPasswdMakes) {
    // Made once with mosquitto_passwd -b 2.0.11 for the password "secret".
    const std::string salt_text = "8Uo3LopqMieuN/g+";
    const std::array<unsigned char, 12> salt{0xf1, 0x4a, 0x37, 0x2e, 0x8a, 0x6a, 0x32, 0x27, 0xae, 0x37, 0xf8, 0x3e};
    const auto hash = password_hash("secret", [&](std::span<std::byte> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(salt.at(i));
    });
    EXPECT_EQ(hash, "$7$101$" + salt_text +
                        "$OY5HIUCIcPi26ar35PwTgCFvUWtQ6Yj59+IFCM2K4v6GQrfg+axqTOj9itBFl4Obx/"
                        "se96OYtyAoj21zm7ntnA==");
}

TEST(BrokerConfiguration, RefusesWhatCouldAddALine) {
    const BrokerRules good{.host = "127.0.0.1", .port = 1, .passwords_file = "/a b/p", .acl_file = "/a b/acl"};
    const auto text = broker_configuration(good);
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, HasSubstr("\nallow_anonymous false\npassword_file /a b/p\nacl_file /a b/acl\n"));
    EXPECT_THAT(*text, HasSubstr("\nlistener 1 127.0.0.1\n"));
    for (const auto* host : {"", "a b", "a\nallow_anonymous true", "0.0.0.0\r"}) {
        auto bad = good;
        bad.host = host;
        EXPECT_FALSE(broker_configuration(bad)) << host;
    }
    auto bad = good;
    bad.acl_file = "/x\nallow_anonymous true";
    EXPECT_FALSE(broker_configuration(bad));
    bad = good;
    bad.certificate_file = "/c";
    bad.key_file = "/k\nallow_anonymous true";
    EXPECT_FALSE(broker_configuration(bad));
    EXPECT_THAT(*text, Not(HasSubstr("certfile")));
    bad.key_file = "/k";
    EXPECT_THAT(*broker_configuration(bad), HasSubstr("\ncertfile /c\nkeyfile /k\ntls_version tlsv1.2\n"));
    bad = good;
    bad.user = "root\n";
    EXPECT_FALSE(broker_configuration(bad));
}

// What mosquitto takes for a listener's opens its default one, on port 1883 of every interface, if it comes before
// ours.
TEST(BrokerConfiguration, SaysNothingOfAListenerBeforeOurOwn) {
    const BrokerRules rules{.host = "127.0.0.1",
                            .port = 1,
                            .passwords_file = "/p",
                            .acl_file = "/acl",
                            .certificate_file = "/c",
                            .key_file = "/k"};
    const auto text = *broker_configuration(rules);
    const auto before = text.substr(0, text.find("\nlistener 1 127.0.0.1\n"));
    ASSERT_LT(before.size(), text.size());
    for (const auto* option : {"max_connections", "certfile", "keyfile", "tls_version", "ciphers", "port ", "bind_"})
        EXPECT_THAT(before, Not(HasSubstr("\n" + std::string(option)))) << option;
    EXPECT_THAT(text, HasSubstr("\nmax_connections 12000\n"));
}

TEST(BrokerAcl, GivesAWorkerItsOwnTopicsOnly) {
    EXPECT_EQ(*broker_acl("c1", {{"w1", good_hash}}),
              "user coordinator\ntopic readwrite antiphon/v1/c1/#\n"
              "\nuser w1\n"
              "topic write antiphon/v1/c1/workers/w1/reported\n"
              "topic write antiphon/v1/c1/workers/w1/reply\n"
              "topic write antiphon/v1/c1/workers/w1/event\n"
              "topic write antiphon/v1/c1/workers/w1/alive\n"
              "topic read antiphon/v1/c1/workers/w1/desired\n"
              "topic read antiphon/v1/c1/workers/w1/command\n");
}

TEST(BrokerAcl, RefusesIdsThatMeanMoreThanThemselves) {
    for (const auto* id : {"", "a/b", "+", "#", "a b", "a\nuser b", "a:b", "%u", "coordinator"}) {
        EXPECT_FALSE(broker_acl("c", {{id, good_hash}})) << id;
        EXPECT_FALSE(broker_passwords(good_hash, {{id, good_hash}})) << id;
    }
    EXPECT_FALSE(broker_acl("a/#", {}));
    for (const auto* hash : {"", "secret", "$7$1\nx:$7$", "$7$1:2"})
        EXPECT_FALSE(broker_passwords(good_hash, {{"w1", hash}})) << hash;
    EXPECT_EQ(*broker_passwords("$7$x", {{"w1", good_hash}}), "coordinator:$7$x\nw1:" + good_hash + "\n");
}

TEST(BrokerLog, TellsDenials) {
    EXPECT_EQ(
        parse_denial("Denied PUBLISH from w1 (d0, q1, r0, m2, 'antiphon/v1/c/workers/w2/command', ... (5 bytes))"),
        (Denial{"w1", "antiphon/v1/c/workers/w2/command"}));
    for (const auto* line : {"", "Denied PUBLISH", "Denied PUBLISH from", "Denied PUBLISH from x (", "Denied PUBLISH '",
                             "Sending PUBACK to w1 (m2, rc0)"})
        EXPECT_FALSE(parse_denial(line)) << line;
}

TEST(BrokerLog, SurvivesAnyLine) {
    std::mt19937 random{1};
    const std::string good = "Denied PUBLISH from w1 (d0, q1, r0, m2, 'a/b', ... (5 bytes))";
    for (int i = 0; i < 20000; ++i) {
        auto line = good.substr(0, random() % (good.size() + 1));
        for (int flips = static_cast<int>(random() % 4); flips > 0 && !line.empty(); --flips)
            line[random() % line.size()] = " '()\0P"[random() % 6];
        if (const auto denial = parse_denial(line)) {
            EXPECT_LE(denial->topic.size(), line.size());
        }
    }
}

TEST(BrokerLog, ChatterIsAboutPackets) {
    EXPECT_TRUE(is_chatter("Received PUBLISH from w1 (d0, q1, r0, m1, 't', ... (1 bytes))"));
    EXPECT_TRUE(is_chatter(""));
    for (const auto* line : {"mosquitto version 2.0.11 running", "Error: Address already in use",
                             "New client connected from 127.0.0.1:1 as w1 (p2, c1, k5, u'w1').", "Reloading config."})
        EXPECT_FALSE(is_chatter(line)) << line;
}

}  // namespace
}  // namespace antiphon::mqtt
