// Laws of the outbox: nothing accepted is lost but what a newer retained message replaces, order is kept, and the bound
// holds.
#include "adapters/mqtt/outbox.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace antiphon::mqtt {
namespace {

ports::BusMessage message(const std::string& text) { return {"t", text, false}; }

TEST(Outbox, RefusesTheNewestAtItsBounds) {
    Outbox outbox({.messages_max = 2});
    EXPECT_TRUE(outbox.add(message("a")));
    EXPECT_TRUE(outbox.add(message("b")));
    EXPECT_FALSE(outbox.add(message("c")));
    EXPECT_EQ(outbox.next()->payload, "a");

    Outbox small({.bytes_max = 5});
    EXPECT_FALSE(small.add(message("12345")));
    EXPECT_TRUE(small.add(message("1234")));
    EXPECT_FALSE(small.add(message("")));
    small.sent(1);
    EXPECT_TRUE(small.acknowledged(1));
    EXPECT_EQ(small.size_bytes(), 0U);
    EXPECT_TRUE(small.add(message("")));
}

TEST(Outbox, HoldsBackWhatIsBeyondTheWindow) {
    Outbox outbox({.in_flight_max = 1});
    outbox.add(message("a"));
    outbox.add(message("b"));
    outbox.sent(7);
    EXPECT_EQ(outbox.next(), nullptr);
    EXPECT_FALSE(outbox.acknowledged(8));
    EXPECT_TRUE(outbox.acknowledged(7));
    EXPECT_FALSE(outbox.acknowledged(7));
    EXPECT_EQ(outbox.next()->payload, "b");
}

TEST(Outbox, ARetainedMessageReplacesTheWaitingOneOfItsTopic) {
    Outbox outbox({.messages_max = 3, .bytes_max = 12});
    EXPECT_TRUE(outbox.add({"t", "old", true}));
    EXPECT_TRUE(outbox.add({"t", "said", false}));
    EXPECT_TRUE(outbox.add({"u", "", true}));
    EXPECT_FALSE(outbox.add({"v", "", true}));         // full, and nothing of its topic waits
    EXPECT_FALSE(outbox.add({"t", "toolong", true}));  // the old one stays
    EXPECT_EQ(outbox.size_bytes(), 10U);
    EXPECT_TRUE(outbox.add({"t", "newer", true}));
    EXPECT_EQ(outbox.size(), 3U);
    EXPECT_EQ(outbox.size_bytes(), 12U);
    for (const auto* expected : {"said", "", "newer"}) {
        ASSERT_NE(outbox.next(), nullptr);
        EXPECT_EQ(outbox.next()->payload, expected);
        outbox.sent(1);
        outbox.acknowledged(1);
    }
    EXPECT_EQ(outbox.size_bytes(), 0U);
}

TEST(Outbox, ARetainedMessageInFlightIsNotTouched) {
    Outbox outbox;
    outbox.add({"t", "1", true});
    outbox.sent(1);
    outbox.add({"t", "2", true});
    EXPECT_EQ(outbox.size(), 2U);
    EXPECT_TRUE(outbox.acknowledged(1));
    outbox.sent(2);
    outbox.add({"t", "3", true});
    outbox.connection_lost();
    outbox.add({"t", "4", true});  // now both wait
    EXPECT_EQ(outbox.size(), 1U);
    EXPECT_EQ(outbox.next()->payload, "4");
}

TEST(Outbox, LosesNothingAndKeepsOrderOverLostConnections) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random{seed};
        Outbox outbox({.messages_max = 20, .in_flight_max = 5});
        std::vector<std::string> accepted, delivered;
        std::vector<std::pair<int, std::string>> flying;
        int number = 0;
        for (int step = 0; step < 2000; ++step) {
            const auto dice = random() % 10;
            if (dice < 4) {
                const auto text = std::to_string(step);
                if (outbox.add(message(text))) accepted.push_back(text);
            } else if (dice < 7 && outbox.next()) {
                flying.emplace_back(++number, outbox.next()->payload);
                outbox.sent(number);
            } else if (dice < 9 && !flying.empty()) {
                ASSERT_TRUE(outbox.acknowledged(flying.front().first));
                delivered.push_back(flying.front().second);
                flying.erase(flying.begin());
            } else if (dice == 9) {
                outbox.connection_lost();
                flying.clear();
            }
            ASSERT_LE(outbox.size(), 20U);
            ASSERT_EQ(outbox.in_flight(), flying.size());
            ASSERT_EQ(outbox.size() + delivered.size(), accepted.size()) << "seed " << seed;
        }
        ASSERT_GT(delivered.size(), 100U);
        ASSERT_TRUE(std::equal(delivered.begin(), delivered.end(), accepted.begin())) << "seed " << seed;
    }
}

// What was accepted, and how far it is.
struct Said {
    ports::BusMessage message;
    bool replaced = false;
};

TEST(Outbox, WhatGoesOutIsWhatWasSaidInItsOrderButTheReplaced) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        Outbox outbox({.messages_max = 20, .bytes_max = 100, .in_flight_max = 5});
        std::vector<Said> said;  // accepted and not acknowledged
        std::size_t flying = 0, delivered = 0, replaced = 0;
        for (int step = 0; step < 2000; ++step) {
            const auto dice = random() % 10;
            if (dice < 5) {
                ports::BusMessage message{std::string(1, static_cast<char>('a' + random() % 4)), std::to_string(step),
                                          random() % 2 == 0};
                if (!outbox.add(message)) continue;
                for (std::size_t i = flying; i < said.size(); ++i)
                    said[i].replaced =
                        message.retain && said[i].message.retain && said[i].message.topic == message.topic;
                replaced += std::erase_if(said, [](const Said& entry) { return entry.replaced; });
                said.push_back({message});
            } else if (dice < 7 && outbox.next()) {
                ASSERT_EQ(*outbox.next(), said[flying].message);
                outbox.sent(static_cast<int>(delivered + flying++));
            } else if (dice < 9 && flying > 0) {
                ASSERT_TRUE(outbox.acknowledged(static_cast<int>(delivered++)));
                said.erase(said.begin());
                --flying;
            } else if (dice == 9) {
                outbox.connection_lost();
                flying = 0;
            }
            std::size_t bytes = 0;
            for (const auto& entry : said) bytes += entry.message.topic.size() + entry.message.payload.size();
            ASSERT_EQ(outbox.size_bytes(), bytes);
            ASSERT_EQ(outbox.size(), said.size());
        }
        EXPECT_GT(delivered, 100U);
        EXPECT_GT(replaced, 100U);
    }
}

}  // namespace
}  // namespace antiphon::mqtt
