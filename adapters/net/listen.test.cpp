// Laws of listening: a taken port is named, with the option that changes it.
#include "adapters/net/listen.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

namespace antiphon::net {
namespace {

namespace ip = boost::asio::ip;

TEST(Listen, AFreePortCanBeBound) {
    for (const auto transport : {Transport::tcp, Transport::udp}) {
        const auto port = free_port(transport);
        ASSERT_NE(port, 0);
        EXPECT_TRUE(can_bind(transport, "127.0.0.1", port, "--listen"));
    }
}

TEST(Listen, ATakenPortIsNamedWithTheWayOut) {
    boost::asio::io_context io;
    const ip::tcp::acceptor tcp(io, {ip::address_v4::loopback(), 0});
    const auto port = tcp.local_endpoint().port();
    const auto refused = can_bind(Transport::tcp, "127.0.0.1", port, "--listen");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::unavailable);
    EXPECT_EQ(refused.error().what,
              "TCP port " + std::to_string(port) + " is in use by another program; choose another with --listen");
    const ip::udp::socket udp(io, {ip::address_v4::loopback(), 0});
    EXPECT_FALSE(can_bind(Transport::udp, "127.0.0.1", udp.local_endpoint().port(), "--clock"));
}

TEST(Listen, AnAddressOfSomebodyElseIsInvalid) {
    for (const auto* host : {"192.0.2.1", "no.such.host.invalid"}) {
        const auto refused = can_bind(Transport::tcp, host, 0, "--listen");
        ASSERT_FALSE(refused) << host;
        EXPECT_EQ(refused.error().code, core::ErrorCode::invalid) << refused.error().what;
    }
}

}  // namespace
}  // namespace antiphon::net
