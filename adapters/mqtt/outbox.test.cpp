// Laws of the outbox: nothing accepted is lost, order is kept, and the bound holds.
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

}  // namespace
}  // namespace antiphon::mqtt
