// What leaves once arrives at each, stamped by the kernel. Real sockets on loopback.
#include "adapters/net/stamped_socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>

namespace antiphon::net {
namespace {

using boost::asio::ip::udp;
using Bytes = std::vector<std::byte>;

const udp::endpoint loopback{boost::asio::ip::make_address("127.0.0.1"), 0};

struct World {
    boost::asio::io_context io;

    std::unique_ptr<StampedSocket> open(std::size_t bytes_max = StampedSocket::audio_bytes) {
        auto socket = std::make_unique<StampedSocket>(io, bytes_max);
        EXPECT_TRUE(socket->open(loopback));
        return socket;
    }
    // One datagram, or none within 5 s.
    struct Received {
        Bytes bytes;
        bool cut = false;
        bool stamped = false;
        udp::endpoint from;
    };
    std::deque<Received> receive(StampedSocket& socket, std::size_t wanted) {
        std::deque<Received> all;
        bool waiting = false;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (all.size() < wanted && std::chrono::steady_clock::now() < deadline) {
            for (const auto& datagram : socket.receive())
                all.push_back({Bytes(datagram.bytes.begin(), datagram.bytes.end()), datagram.cut,
                               datagram.realtime.has_value(), datagram.from});
            if (all.size() >= wanted) break;
            if (!std::exchange(waiting, true)) socket.async_wait([&](const auto&) { waiting = false; });
            io.restart();
            io.run_one_for(std::chrono::milliseconds(100));
        }
        return all;
    }
};

TEST(StampedSocket, SendsOnceToAllAndTheDeadKeepNobodyFromIt) {
    World world;
    const auto sender = world.open();
    std::vector<std::unique_ptr<StampedSocket>> listeners, gone;
    std::vector<udp::endpoint> everybody;
    for (int i = 0; i < 165; ++i) {
        auto& those = i % 11 == 0 ? gone : listeners;
        those.push_back(world.open());
        everybody.push_back(those.back()->local_endpoint());
    }
    gone.clear();  // only now: a port that is free again may be given to the next who asks
    for (int round = 0; round < 3; ++round) {
        const Bytes packet(1300, static_cast<std::byte>(round));
        EXPECT_GE(sender->send_to_all(packet, everybody), 150U - 15U);
        for (auto& listener : listeners) {
            const auto received = world.receive(*listener, 1);
            ASSERT_EQ(received.size(), 1U);
            EXPECT_EQ(received[0].bytes, packet);
            EXPECT_TRUE(received[0].stamped);
            EXPECT_EQ(received[0].from, sender->local_endpoint());
        }
    }
}

TEST(StampedSocket, WhatIsLongerThanItsBoundIsCutAndNotSent) {
    World world;
    const auto large = world.open(), small = world.open(StampedSocket::clock_bytes);
    const Bytes packet(65, std::byte{1});
    EXPECT_TRUE(large->send(packet, small->local_endpoint()));
    const auto received = world.receive(*small, 1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_TRUE(received[0].cut);
    EXPECT_EQ(received[0].bytes.size(), StampedSocket::clock_bytes);
    EXPECT_FALSE(small->send(packet, large->local_endpoint()));
    EXPECT_EQ(small->send_to_all(packet, std::vector{large->local_endpoint()}), 0U);
    EXPECT_FALSE(large->send({}, small->local_endpoint()));
    large->close();
    EXPECT_EQ(large->send_to_all(Bytes(10), std::vector{small->local_endpoint()}), 0U);
}

TEST(StampedSocket, AtRestItWakesNobodyAndLosesNothing) {
    World world;
    const auto sender = world.open(), receiver = world.open();
    int woken = 0;
    const auto wait = [&] { receiver->async_wait([&](const auto& error) { woken += error ? 0 : 1; }); };
    const Bytes packet(100);
    const auto give = [&] {
        EXPECT_TRUE(sender->send(packet, receiver->local_endpoint()));
        world.io.restart();
        return world.io.run_one_for(std::chrono::milliseconds(50));
    };
    wait();
    EXPECT_EQ(give(), 1U);
    EXPECT_EQ(woken, 1);
    receiver->rest();
    EXPECT_EQ(give(), 0U) << "nobody waits";
    wait();
    world.io.restart();
    EXPECT_EQ(world.io.run_one_for(std::chrono::seconds(5)), 1U) << "what is there already counts";
    EXPECT_EQ(woken, 2);
    EXPECT_EQ(receiver->receive().size(), 2U);
}

TEST(StampedSocket, TellsWhenWhatItSentHasLeft) {
    World world;
    const auto sender = world.open(), listener = world.open();
    const auto wall = [] { return std::chrono::system_clock::now().time_since_epoch(); };
    EXPECT_TRUE(sender->send(Bytes(40, std::byte{9}), listener->local_endpoint()));
    EXPECT_FALSE(sender->departure()) << "nobody asked";
    sender->stamp_departures();
    for (int i = 0; i < 100; ++i) {
        const Bytes packet(1 + static_cast<std::size_t>(i) * 14, static_cast<std::byte>(i));
        const auto before = wall();
        ASSERT_TRUE(sender->send(packet, listener->local_endpoint()));
        const auto departure = sender->departure();
        ASSERT_TRUE(departure) << "nothing queues on loopback";
        ASSERT_GE(departure->bytes.size(), packet.size());
        EXPECT_TRUE(std::ranges::equal(departure->bytes.last(packet.size()), packet));
        EXPECT_LE(before, departure->realtime);
        EXPECT_LE(departure->realtime, wall());
        EXPECT_FALSE(sender->departure());
    }
    EXPECT_EQ(world.receive(*listener, 101).size(), 101U);
}

TEST(StampedSocket, WhatHasLeftAndWasNotFetchedKeepsNobodyFromReceiving) {
    World world;
    const auto sender = world.open(), listener = world.open();
    sender->stamp_departures();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(sender->send(Bytes(40), listener->local_endpoint()));
    ASSERT_EQ(world.receive(*listener, 20).size(), 20U);
    ASSERT_TRUE(listener->send(Bytes(40), sender->local_endpoint()));
    EXPECT_EQ(world.receive(*sender, 1).size(), 1U);
    std::size_t departures = 0;
    while (sender->departure()) ++departures;
    EXPECT_EQ(departures, 20U);
}

}  // namespace
}  // namespace antiphon::net
