// Laws of a device's thread: turns follow each other as they wish, and an end waits for none.
#include "actors/device_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace antiphon::actors {
namespace {

using namespace std::chrono_literals;

class Turns {
  public:
    std::chrono::nanoseconds take(std::chrono::nanoseconds next) {
        const std::scoped_lock lock(mutex_);
        ++count_;
        changed_.notify_all();
        return next;
    }
    bool reach(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return count_ >= count; });
    }
    int count() {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

TEST(DeviceThread, TurnsFollowEachOther) {
    Turns turns;
    DeviceThread thread;
    EXPECT_FALSE(thread.runs());
    thread.start([&] { return turns.take(100us); });
    EXPECT_TRUE(turns.reach(20));
    EXPECT_TRUE(thread.runs());
    thread.stop();
    const auto count = turns.count();
    EXPECT_FALSE(thread.runs());
    EXPECT_EQ(turns.count(), count);
    thread.start([&] { return turns.take(100us); });
    EXPECT_TRUE(turns.reach(count + 5)) << "once more";
}

TEST(DeviceThread, AnEndWaitsForNoTurn) {
    Turns turns;
    const auto begin = std::chrono::steady_clock::now();
    {
        DeviceThread thread;
        thread.start([&] { return turns.take(1h); });
        EXPECT_TRUE(turns.reach(1));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
    EXPECT_EQ(turns.count(), 1);
    DeviceThread never;
    never.stop();
}

}  // namespace
}  // namespace antiphon::actors
