// Laws of supervision with threads; the ones to run under ThreadSanitizer.
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "actors/steady_time.test.hpp"
#include "actors/supervisor.hpp"

namespace antiphon::actors {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;

struct Tally {
    std::atomic<int> handled{0};
    std::atomic<int> thrown{0};
    std::atomic<int> made{0};
};

// Every 50th message breaks it.
struct Fragile : Actor<int> {
    explicit Fragile(Tally& t) : tally(t) { ++tally.made; }
    void on_message(const int& message) override {
        EXPECT_FALSE(inside.exchange(true)) << "two threads in one actor";
        const bool breaks = message % 50 == 49;
        ++(breaks ? tally.thrown : tally.handled);
        inside = false;
        if (breaks) throw std::runtime_error("it broke");
    }
    Tally& tally;
    std::atomic<bool> inside{false};
};

// Four senders, two threads, eight actors on two branches, hundreds of failures, and a stop in the middle of it.
TEST(SupervisionWithThreads, EveryMessageIsHandledOrLostWithItsActorOrADeadLetter) {
    constexpr int senders = 4;
    constexpr int each = 4000;
    asio::io_context loop;
    LoopExecutor executor(loop, steady_time(), 2);
    auto guard = asio::make_work_guard(loop);
    Tally tally;
    std::atomic<int> delivered{0};
    std::atomic<int> refused{0};
    std::atomic<std::size_t> left{99};
    const auto dead = dead_letters();
    std::promise<void> escalated;
    std::once_flag once;
    const SupervisorHandlers handlers{[&](const std::string& child, const std::string&) {
        if (child == "node/one" || child == "node/two") std::call_once(once, [&] { escalated.set_value(); });
    }};
    const core::RestartLimit often{1'000'000, seconds(60)};
    const core::RestartLimit seldom{5, seconds(60)};  // so the branches escalate, too
    {
        Supervisor top(executor, "node", often, handlers);
        Supervisor one(top, "one", seldom);
        Supervisor two(top, "two", seldom);
        std::vector<Ref<int>> actors;
        for (auto* branch : {&one, &two})
            for (int i = 0; i < 4; ++i)
                actors.push_back(branch->spawn<int>(
                    "fragile", {senders * each, Overflow::refuse},
                    [&](const Ref<int>&) { return MadeActor<int>(std::make_unique<Fragile>(tally)); }));
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) threads.emplace_back([&] { loop.run_for(seconds(60)); });
        for (int i = 0; i < senders; ++i)
            threads.emplace_back([&, i] {
                for (int n = 0; n < each; ++n) {
                    const auto& actor = actors[static_cast<std::size_t>((n + i) % 8)];
                    ++(actor.tell(n) ? delivered : refused);
                    if (i != 0 || n != each / 2) continue;
                    EXPECT_EQ(escalated.get_future().wait_for(seconds(30)), std::future_status::ready);
                    top.stop(seconds(30), [&](std::size_t abandoned) {
                        left = abandoned;
                        guard.reset();
                        loop.stop();
                    });
                }
            });
        for (auto& thread : threads) thread.join();
        EXPECT_GE(one.counters().escalations + two.counters().escalations, top.counters().restarts);
    }
    EXPECT_EQ(left, 0u);
    EXPECT_EQ(delivered + refused, senders * each);
    EXPECT_GT(tally.thrown, 0);
    EXPECT_GE(tally.made, tally.thrown);
    const auto lost = static_cast<int>(dead_letters() - dead) - refused;  // delivered, and then abandoned
    EXPECT_EQ(tally.handled + tally.thrown + lost, delivered);
}

TEST(SupervisionWithThreads, AStopEndsAtItsLimitWhoeverIsStuck) {
    asio::io_context loop;
    LoopExecutor executor(loop, steady_time(), 2);
    auto guard = asio::make_work_guard(loop);
    std::promise<void> stuck;
    std::promise<std::size_t> stopped;
    std::promise<void> released;
    struct Stuck : Actor<int> {
        Stuck(std::promise<void>& i, std::promise<void>& r) : inside(i), until(r.get_future()) {}
        void on_message(const int&) override {
            inside.set_value();
            until.wait();
        }
        std::promise<void>& inside;
        std::future<void> until;
    };
    Supervisor top(executor, "node", {}, {});
    const auto actor = top.spawn<int>(
        "stuck", {}, [&](const Ref<int>&) { return MadeActor<int>(std::make_unique<Stuck>(stuck, released)); });
    actor.tell(1);
    actor.tell(2);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { loop.run_for(seconds(60)); });
    stuck.get_future().wait();
    top.stop(std::chrono::milliseconds(20), [&](std::size_t abandoned) { stopped.set_value(abandoned); });
    EXPECT_EQ(stopped.get_future().get(), 1u);
    released.set_value();
    guard.reset();
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(actor.tell(3));
}

}  // namespace
}  // namespace antiphon::actors
