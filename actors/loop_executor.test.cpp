// Laws of the executor with threads; the one to run under ThreadSanitizer.
#include "actors/loop_executor.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "actors/actor.hpp"
#include "actors/steady_time.test.hpp"

namespace antiphon::actors {
namespace {

namespace asio = boost::asio;

struct Sum : Actor<int> {
    Sum(int w, asio::io_context& l) : wanted(w), loop(l) {}
    void on_message(const int& message) override {
        EXPECT_FALSE(inside.exchange(true)) << "two threads in one actor";
        sum += message;
        if (++count == wanted) loop.stop();
        inside = false;
    }
    const int wanted;
    asio::io_context& loop;
    std::atomic<bool> inside{false};
    long sum = 0;
    int count = 0;
};

TEST(LoopExecutor, DeliversEveryMessageOfManyThreadsOneAtATime) {
    constexpr int senders = 4;
    constexpr int each = 5000;
    asio::io_context loop;
    LoopExecutor executor(loop, steady_time(), 2);
    Sum* sum = nullptr;
    const auto actor = spawn<int>(executor, {senders * each, Overflow::refuse}, [&](const Ref<int>&) {
        auto made = std::make_unique<Sum>(senders * each, loop);
        sum = made.get();
        return made;
    });
    auto guard = asio::make_work_guard(loop);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { loop.run_for(std::chrono::seconds(20)); });
    for (int i = 0; i < senders; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < each; ++n) EXPECT_TRUE(actor.tell(1));
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sum->sum, senders * each);
}

TEST(LoopExecutor, FiresTimersInOrder) {
    asio::io_context loop;
    LoopExecutor executor(loop, steady_time());
    std::vector<int> fired;
    const auto start = executor.now();
    executor.at(start + std::chrono::milliseconds(8), [&] { fired.push_back(2), loop.stop(); });
    executor.at(start + std::chrono::milliseconds(4), [&] { fired.push_back(1); });
    const auto cancelled = executor.at(start + std::chrono::milliseconds(2), [&] { fired.push_back(0); });
    executor.cancel(cancelled);
    loop.run_for(std::chrono::seconds(20));
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

}  // namespace
}  // namespace antiphon::actors
