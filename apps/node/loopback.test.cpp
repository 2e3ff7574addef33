// Laws of loopback: nothing that could leave this machine is taken for it.
#include "apps/node/loopback.hpp"

#include <gtest/gtest.h>

namespace antiphon::node {
namespace {

TEST(Loopback, IsThisMachineOnly) {
    for (const auto* host : {"localhost", "127.0.0.1", "127.8.9.10", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
    for (const auto* host : {"", "127.evil.example", "localhost.example", "128.0.0.1", "192.168.1.10", "::2", "hall"})
        EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace antiphon::node
