// Laws of a graceful end: asked once it may take its time, but not more than that, whatever hangs.
#include "adapters/system/signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace antiphon::system {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds short_limit{1};
constexpr seconds long_limit{100};
constexpr const char* unfinished = "ended before all was taken leave of";

[[noreturn]] void hang() {
    while (true) ::pause();
}

// Each life is a process of its own.
class GracefulEndDeathTest : public testing::Test {
  protected:
    boost::asio::io_context io;
    const steady_clock::time_point begun = steady_clock::now();
};

void end_well(boost::asio::io_context& io) {
    int calls = 0;
    const auto signals = on_graceful_end(io, long_limit, [&] { ++calls; });
    std::raise(SIGTERM);
    io.run();
    ::_exit(calls == 1 ? 7 : 8);
}

TEST_F(GracefulEndDeathTest, TheHandlerRunsOnTheLoopAndDecidesTheCode) {
    EXPECT_EXIT(end_well(io), testing::ExitedWithCode(7), "^$");
}

void hang_in_the_handler(boost::asio::io_context& io) {
    const auto signals = on_graceful_end(io, short_limit, [] { hang(); });
    std::raise(SIGINT);
    io.run();
}

TEST_F(GracefulEndDeathTest, AHandlerThatHangsEndsWithTheLimit) {
    EXPECT_EXIT(hang_in_the_handler(io), testing::ExitedWithCode(0), unfinished);
    EXPECT_GE(steady_clock::now() - begun, short_limit - milliseconds(50));
}

void hang_in_the_loop(boost::asio::io_context& io) {
    const auto signals = on_graceful_end(io, short_limit, [] { ::_exit(1); });
    std::raise(SIGTERM);
    hang();
}

TEST_F(GracefulEndDeathTest, ALoopThatHangsEndsWithTheLimit) {
    EXPECT_EXIT(hang_in_the_loop(io), testing::ExitedWithCode(0), unfinished);
}

void ask_twice(boost::asio::io_context& io) {
    const auto signals = on_graceful_end(io, long_limit, [] {
        std::raise(SIGTERM);
        ::_exit(1);
    });
    std::raise(SIGTERM);
    io.run();
}

TEST_F(GracefulEndDeathTest, AskedTwiceItEndsAtOnce) {
    EXPECT_EXIT(ask_twice(io), testing::ExitedWithCode(0), unfinished);
    EXPECT_LT(steady_clock::now() - begun, seconds(10));
}

void hang_after_the_loop(boost::asio::io_context& io) {
    on_graceful_end(io, short_limit, [] {}).reset();
    std::raise(SIGTERM);
    hang();
}

TEST_F(GracefulEndDeathTest, WhatHangsOnTheWayOutEndsWithTheLimitToo) {
    EXPECT_EXIT(hang_after_the_loop(io), testing::ExitedWithCode(0), unfinished);
}

}  // namespace
}  // namespace antiphon::system
