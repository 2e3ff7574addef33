// Laws of broker URLs.
#include "adapters/mqtt/broker_url.hpp"

#include <gtest/gtest.h>

#include <random>

namespace antiphon::mqtt {
namespace {

TEST(BrokerUrl, ReadsHostPortAndUser) {
    EXPECT_EQ(*parse_broker_url("mqtt://hall"), (BrokerUrl{"hall", 1883, "", ""}));
    EXPECT_EQ(*parse_broker_url("mqtt://127.0.0.1:8741/"), (BrokerUrl{"127.0.0.1", 8741, "", ""}));
    EXPECT_EQ(*parse_broker_url("mqtt://[::1]:1"), (BrokerUrl{"::1", 1, "", ""}));
    EXPECT_EQ(*parse_broker_url("mqtt://u@h"), (BrokerUrl{"h", 1883, "u", ""}));
    EXPECT_EQ(*parse_broker_url("mqtt://u%40x:p%3Aq:r@h:2"), (BrokerUrl{"h", 2, "u@x", "p:q:r"}));
    EXPECT_EQ(*parse_broker_url("mqtts://hall"), (BrokerUrl{"hall", 8883, "", "", true}));
    EXPECT_EQ(*parse_broker_url("mqtts://u:p@hall:1"), (BrokerUrl{"hall", 1, "u", "p", true}));
}

TEST(BrokerUrl, RefusesTheRestWithoutRepeatingThePassword) {
    for (const auto* text : {"", "hall", "mqtt://", "mqtt://:1", "http://hall", "mqtts://", "mqtt://h:0",
                             "mqtt://h:65536", "mqtt://h:1x", "mqtt://u:secret@", "mqtt://u:secret%4@h",
                             "mqtt://u:secret%@h", "mqtt://[::1", "mqtt://[::1]x", "mqtt://a b", "mqtt://a\nb"}) {
        const auto url = parse_broker_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, core::ErrorCode::invalid);
        EXPECT_EQ(url.error().what.find("secret"), std::string::npos);
    }
}

TEST(BrokerUrl, SurvivesAnyText) {
    std::mt19937 random{1};
    const std::string good = "mqtt://u%40:p@[::1]:12/";
    for (int i = 0; i < 20000; ++i) {
        auto text = good.substr(0, random() % (good.size() + 1));
        for (int flips = static_cast<int>(random() % 4); flips > 0 && !text.empty(); --flips)
            text[random() % text.size()] = "%:@[]/0f"[random() % 8];
        if (const auto url = parse_broker_url(text)) {
            EXPECT_FALSE(url->host.empty());
        }
    }
}

TEST(BrokerUrl, ForOthersItIsToldWithoutItsLogin) {
    for (const auto& [url, told] : {std::pair{"mqtt://ann:secret@broker.example", "mqtt://broker.example:1883"},
                                    std::pair{"mqtts://ann@broker.example:9/", "mqtts://broker.example:9"},
                                    std::pair{"mqtts://a:b@[::1]", "mqtts://[::1]:8883"}}) {
        EXPECT_EQ(without_login(*parse_broker_url(url)), told);
        EXPECT_EQ(parse_broker_url(told)->host, parse_broker_url(url)->host);
    }
}

}  // namespace
}  // namespace antiphon::mqtt
