// A packet is what was put there, or nothing.
#include "media/live/packet_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace antiphon::media {
namespace {

std::vector<std::byte> payload_of(std::int64_t number) {
    std::vector<std::byte> bytes(1 + static_cast<std::size_t>(number % 90), std::byte{0});
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(number * 31 + static_cast<int>(i));
    return bytes;
}

bool holds(const PacketRing& ring, std::int64_t number) {
    return std::ranges::equal(ring.find(number), payload_of(number));
}

TEST(PacketRing, FindsWhatWasPutUntilItsPlaceIsTaken) {
    PacketRing ring(16, 90);
    std::mt19937 random(1);
    for (std::int64_t first = 1'000'000; first < 1'001'000; first += 16) {
        std::vector<std::int64_t> numbers;
        for (std::int64_t number = first; number < first + 16; ++number) numbers.push_back(number);
        std::shuffle(numbers.begin(), numbers.end(), random);
        for (const auto number : numbers) {
            EXPECT_TRUE(ring.find(number).empty()) << "it was not put yet";
            ASSERT_TRUE(ring.put(number, payload_of(number)));
            EXPECT_TRUE(ring.find(number - 16).empty());
        }
        for (const auto number : numbers) EXPECT_TRUE(holds(ring, number));
    }
    ring.clear();
    EXPECT_TRUE(ring.find(1'000'991).empty());
}

TEST(PacketRing, WhatIsTooLargeIsCountedAndTakesNoPlace) {
    PacketRing ring(4, 90);
    ASSERT_TRUE(ring.put(7, payload_of(7)));
    EXPECT_FALSE(ring.put(11, std::vector<std::byte>(91)));
    EXPECT_EQ(ring.oversized(), 1U);
    EXPECT_TRUE(holds(ring, 7));
}

}  // namespace
}  // namespace antiphon::media
