// Laws of the sources that are open: each has a door of its own, sends to who comes by it, and is gone when closed.
#include "apps/live/live_sources.hpp"

#include <gtest/gtest.h>

#include "adapters/net/stamped_socket.hpp"
#include "apps/live/desk.test.hpp"
#include "apps/live/door.hpp"
#include "apps/live/incoming.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;
using std::chrono::milliseconds;

class LiveSourcesIn : public testing::TestWithParam<core::LiveCodec> {};

TEST_P(LiveSourcesIn, WhoeverComesByTheDoorHearsTheSource) {
    Desk desk;
    const auto door = desk.open("s1", "tone:440", GetParam());
    EXPECT_EQ(door.codec, GetParam());
    EXPECT_EQ(desk.opened.back().session, core::SessionId{"s1"});
    const core::ClusterTime begins{life, desk.clock.now().ns};
    desk.sources.begin({"s1"}, begins);
    auto incoming = Incoming::open(desk.io, desk.clock, *stream_of(door, begins), {loopback, door.port}, {});
    ASSERT_TRUE(incoming);
    (*incoming)->set_clock({.local = desk.clock.now(), .cluster_ns = begins.ns, .incarnation = life});
    EXPECT_TRUE(desk.run_until([&] { return (*incoming)->flows() && desk.sources.totals().listeners == 1; }));
    EXPECT_TRUE(desk.run_until([&] { return !desk.changed.empty(); }));
    EXPECT_EQ(desk.changed.front().state, core::SourceState::flowing);
    desk.sources.close({"s1"});
    EXPECT_TRUE(desk.run_until([&] { return !(*incoming)->flows(); }));
    EXPECT_TRUE(desk.run_until([&] { return desk.sources.totals().sources == 0; }));
    EXPECT_GT(desk.sources.totals().packets, 0U) << "what was sent is not forgotten";
}

INSTANTIATE_TEST_SUITE_P(EachCodec, LiveSourcesIn, testing::Values(core::LiveCodec::flac, core::LiveCodec::opus));

TEST(LiveSources, EachHasAKeyAndAPortOfItsOwn) {
    Desk desk;
    const auto one = desk.open("s1");
    const auto other = desk.open("s2");
    EXPECT_NE(one.key, other.key);
    EXPECT_NE(one.port, other.port);
    EXPECT_NE(one.ssrc, other.ssrc);
}

TEST(LiveSources, WhatIsOpenAlreadyIsToldAgain) {
    Desk desk;
    const auto door = desk.open("s1");
    EXPECT_EQ(desk.open("s1"), door);
    desk.sources.keep({{"s2"}});
    EXPECT_NE(desk.open("s1"), door) << "but what was not to be kept is opened anew";
}

TEST(LiveSources, WhatCannotBeOpenedSaysWhy) {
    Desk desk;
    desk.sources.open({{"s1"}, "pipe:/nowhere/radio"});
    EXPECT_TRUE(desk.run_until([&] { return !desk.changed.empty(); }));
    EXPECT_EQ(desk.changed.front().state, core::SourceState::failed);
    EXPECT_NE(desk.changed.front().reason.find("/nowhere/radio"), std::string::npos);
}

TEST(LiveSources, APortThatSomebodyHasIsPassedOver) {
    Desk desk;
    net::StampedSocket taken(desk.io, net::StampedSocket::audio_bytes);
    ASSERT_TRUE(taken.open({loopback, 0}));
    Desk crowded(taken.local_endpoint().port());
    const auto door = crowded.open("s1");
    EXPECT_GT(door.port, taken.local_endpoint().port());
}

TEST(LiveSources, BeyondTheLastPortThereIsNone) {
    Desk desk;
    net::StampedSocket taken(desk.io, net::StampedSocket::audio_bytes);
    const auto held = taken.open({loopback, 65'535});
    Desk last(65'535);
    if (held) last.sources.open({{"s1"}, "tone:440"});
    ASSERT_TRUE(held) << "somebody else has port 65535";
    EXPECT_TRUE(last.run_until([&] { return !last.changed.empty(); }));
    EXPECT_NE(last.changed.front().reason.find("--audio-port"), std::string::npos);
}

TEST(LiveSources, WhatWasFedToItsEndIsNotFedAgain) {
    Desk desk;
    EXPECT_EQ(desk.sources.begin_feed({"s1"}).error().code, core::ErrorCode::not_found);
    desk.open("s1", "feed");
    const auto first = desk.sources.begin_feed({"s1"});
    const auto second = desk.sources.begin_feed({"s1"});
    ASSERT_TRUE(first && second);
    const std::vector<std::byte> piece(960);
    EXPECT_EQ(desk.sources.feed({"s1"}, *first, piece).error().code, core::ErrorCode::conflict);
    EXPECT_TRUE(desk.sources.feed({"s1"}, *second, piece));
    desk.sources.end_feed({"s1"}, *first, true);
    EXPECT_TRUE(desk.sources.feed({"s1"}, *second, piece)) << "whom somebody else has followed ends nothing";
    desk.sources.end_feed({"s1"}, *second, true);
    EXPECT_EQ(desk.sources.begin_feed({"s1"}).error().code, core::ErrorCode::conflict);
    desk.open("s1", "feed");
    EXPECT_EQ(desk.sources.begin_feed({"s1"}).error().code, core::ErrorCode::conflict) << "told again, it is the same";
    bool wanted = false;
    desk.sources.close({"s1"});
    desk.sources.when_wanted({"s1"}, *second, [&] { wanted = true; });
    EXPECT_TRUE(desk.run_until([&] { return wanted; })) << "nobody waits for what is closed";
}

}  // namespace
}  // namespace antiphon::live
