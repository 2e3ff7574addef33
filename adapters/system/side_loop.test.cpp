// Laws of a loop beside another: orders in order, answers at home, and none after the end.
#include "adapters/system/side_loop.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace antiphon::system {
namespace {

TEST(SideLoop, WorksInOrderOnAThreadOfItsOwnAndTellsAtHome) {
    boost::asio::io_context owner;
    SideLoop side(owner);
    const auto home = std::this_thread::get_id();
    std::vector<int> told;
    for (int i = 0; i < 3; ++i)
        side.run([&, i] {
            EXPECT_NE(std::this_thread::get_id(), home);
            side.tell([&, i] {
                EXPECT_EQ(std::this_thread::get_id(), home);
                told.push_back(i);
            });
        });
    while (told.size() < 3) owner.run_one_for(std::chrono::seconds(1)), owner.restart();
    EXPECT_EQ(told, (std::vector<int>{0, 1, 2}));
}

TEST(SideLoop, RepeatsUntilTheEnd) {
    boost::asio::io_context owner;
    int times = 0;
    bool last = false;
    SideLoop side(owner);
    side.each(std::chrono::milliseconds(1), [&] { side.tell([&] { ++times; }); });
    while (times < 3) owner.run_one_for(std::chrono::seconds(1)), owner.restart();
    side.end([&] { last = true; });
    EXPECT_TRUE(last);
    const auto before = times;
    owner.restart();
    owner.poll();
    EXPECT_EQ(times, before) << "what was on its way is not told any more";
    side.end([&] { times = 0; });
    EXPECT_EQ(times, before);
}

TEST(SideLoop, WhatWasOrderedBeforeTheEndIsDone) {
    boost::asio::io_context owner;
    int done = 0;
    {
        SideLoop side(owner);
        for (int i = 0; i < 100; ++i) side.run([&] { ++done; });
    }
    EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace antiphon::system
