// Laws of work beside the loop: in order, one at a time, its end on the loop, and bounded.
#include "adapters/system/background.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <thread>
#include <vector>

namespace antiphon::system {
namespace {

TEST(Background, WorksBesideTheLoopAndEndsOnIt) {
    boost::asio::io_context loop;
    Background background(loop);
    const auto guard = boost::asio::make_work_guard(loop);
    const auto here = std::this_thread::get_id();
    std::vector<int> done;
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(background.run([&, i] {
            EXPECT_NE(std::this_thread::get_id(), here);
            return [&, i] {
                EXPECT_EQ(std::this_thread::get_id(), here);
                done.push_back(i);
                if (done.size() == 20) loop.stop();
            };
        }));
    }
    loop.run_for(std::chrono::seconds(20));
    ASSERT_EQ(done.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(Background, RefusesTheNewestAtItsBound) {
    boost::asio::io_context loop;
    std::promise<void> begun, go;
    int ends = 0;
    const auto ended = [&ends] { ++ends; };
    {
        Background background(loop, 2);
        ASSERT_TRUE(background.run([&]() -> Background::Then {
            begun.set_value();
            go.get_future().wait();
            return ended;
        }));
        begun.get_future().wait();
        ASSERT_TRUE(background.run([&]() -> Background::Then { return ended; }));
        EXPECT_FALSE(background.run([&]() -> Background::Then { return ended; }));
        EXPECT_EQ(background.refused(), 1u);
        go.set_value();
    }
    loop.run();
    EXPECT_GE(ends, 1);  // the second may have been dropped
    EXPECT_LE(ends, 2);
}

}  // namespace
}  // namespace antiphon::system
