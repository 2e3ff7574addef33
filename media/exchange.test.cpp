// Laws of what crosses between threads: the triple buffer and the queue (clean under ThreadSanitizer).
#include <gtest/gtest.h>

#include <thread>

#include "media/spsc_queue.hpp"
#include "media/triple_buffer.hpp"

namespace antiphon::media {
namespace {

struct Twin {
    std::uint64_t a = 0, b = 0, c = 0;
};

TEST(TripleBuffer, GivesTheNewestValueOnce) {
    TripleBuffer<int> buffer(5);
    EXPECT_FALSE(buffer.update());
    EXPECT_EQ(buffer.value(), 5);
    for (int i = 0; i < 10; ++i) buffer.write(i);
    EXPECT_TRUE(buffer.update());
    EXPECT_EQ(buffer.value(), 9);
    EXPECT_FALSE(buffer.update());
    EXPECT_EQ(buffer.value(), 9);
}

TEST(TripleBuffer, NeverTearsAValueAndNeverGoesBack) {
    constexpr std::uint64_t last = 200'000;
    TripleBuffer<Twin> buffer;
    std::thread writer([&] {
        for (std::uint64_t i = 1; i <= last; ++i) buffer.write({i, i, i});
    });
    std::uint64_t seen = 0;
    bool whole = true, forward = true;
    while (seen < last) {
        if (!buffer.update()) continue;
        const auto value = buffer.value();
        whole = whole && value.a == value.b && value.b == value.c;
        forward = forward && value.a > seen;
        seen = value.a;
    }
    writer.join();
    EXPECT_TRUE(whole);
    EXPECT_TRUE(forward);
}

TEST(SpscQueue, RefusesAtItsBoundAndKeepsOrder) {
    SpscQueue<int, 4> queue;
    EXPECT_FALSE(queue.pop());
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push(i));
    EXPECT_FALSE(queue.push(4));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.pop(), i);
    EXPECT_FALSE(queue.pop());
}

TEST(SpscQueue, LosesNothingBetweenTwoThreads) {
    constexpr std::uint64_t last = 100'000;
    SpscQueue<Twin, 8> queue;
    std::thread producer([&] {
        for (std::uint64_t i = 1; i <= last; ++i)
            while (!queue.push({i, i, i})) std::this_thread::yield();
    });
    bool right = true;
    for (std::uint64_t expected = 1; expected <= last;) {
        const auto value = queue.pop();
        if (!value) {
            std::this_thread::yield();
            continue;
        }
        right = right && value->a == expected && value->b == expected && value->c == expected;
        ++expected;
    }
    producer.join();
    EXPECT_TRUE(right);
    EXPECT_FALSE(queue.pop());
}

}  // namespace
}  // namespace antiphon::media
