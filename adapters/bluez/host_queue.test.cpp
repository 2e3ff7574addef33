// Laws of the queue in the host: what was written and not taken is counted, whatever the kernel's packets weigh.
#include "adapters/bluez/host_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace antiphon::bluez {
namespace {

class HostQueueTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0); }
    void TearDown() override {
        for (const int end : ends) ::close(end);
    }
    int write_one() {
        const int before = queue->packets();
        EXPECT_GT(::send(ends[0], packet.data(), packet.size(), 0), 0);
        queue->written();
        return before;
    }
    void take_one() {
        std::array<std::byte, 2000> buffer;
        EXPECT_GT(::recv(ends[1], buffer.data(), buffer.size(), 0), 0);
    }

    std::array<int, 2> ends{};
    std::array<std::byte, 818> packet{};
    std::unique_ptr<HostQueue> queue;
};

TEST_F(HostQueueTest, CountsWhatWasWrittenAndNotTaken) {
    queue = std::make_unique<HostQueue>(ends[0]);
    EXPECT_EQ(queue->packets(), 0);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(write_one(), i);
    for (int left = 20; left > 0; --left, take_one()) EXPECT_EQ(queue->packets(), left);
    EXPECT_EQ(queue->packets(), 0);
    EXPECT_EQ(write_one(), 0);
    EXPECT_EQ(queue->packets(), 1);
}

TEST_F(HostQueueTest, WhatDoesNotTellIsEmpty) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    HostQueue none(pipe[1]);
    none.written();
    EXPECT_EQ(none.packets(), 0);
    for (const int end : pipe) ::close(end);
}

}  // namespace
}  // namespace antiphon::bluez
