// Laws of a Bluetooth output: it plays while it has a line, says why when it has none, and its frames go on between
// two.
#include "adapters/bluez/a2dp_sink.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "media/codecs/a2dp_sbc.hpp"

namespace antiphon::bluez {
namespace {

// The machine's own time.
class RealClock final : public ports::Clock {
  public:
    core::LocalTime now() const noexcept override {
        return core::LocalTime{std::chrono::steady_clock::now().time_since_epoch().count()};
    }
    core::WallTime wall() const noexcept override { return {}; }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds) const noexcept override { return now(); }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point) const noexcept override { return now(); }
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override {
        return std::max(until - now(), core::Duration::zero());
    }
};

class Silence final : public ports::Renderer {
  public:
    void render(const ports::RenderBlock& block) noexcept override {
        run = block.reading.run;
        first = block.first;
        std::ranges::fill(block.samples, 0.F);
    }
    std::atomic<std::uint32_t> run{0};
    std::atomic<core::FrameCount> first{0};
};

class A2dpSinkTest : public testing::Test {
  protected:
    void TearDown() override {
        sink.stop();
        if (ear >= 0) ::close(ear);
    }
    TransportLine line(std::uint8_t rate_and_mode = 0x11, std::size_t mtu = 895) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
        if (ear >= 0) ::close(ear);
        ear = ends[1];
        TransportFacts facts{.codec = &media::a2dp_sbc, .delay = std::chrono::milliseconds(150), .volume = {}};
        facts.configuration = {std::byte{rate_and_mode}, std::byte{0x15}, std::byte{2}, std::byte{51}};
        facts.format = *media::a2dp_sbc.read(facts.configuration);
        return {ends[0], mtu, facts};
    }
    // True when so many packets have come within ten seconds.
    bool hears(int packets) {
        std::array<std::byte, 2000> buffer;
        while (packets > 0) {
            pollfd wait{ear, POLLIN, 0};
            if (::poll(&wait, 1, 10'000) <= 0) return false;
            if (::recv(ear, buffer.data(), buffer.size(), 0) <= 0) return false;
            --packets;
        }
        return true;
    }

    RealClock clock;
    Silence silence;
    A2dpSink sink{clock};
    int ear = -1;
};

TEST_F(A2dpSinkTest, ItPlaysWhileItHasALine) {
    EXPECT_EQ(sink.trouble(), "it is not connected");
    ASSERT_TRUE(sink.start(silence));
    ASSERT_TRUE(sink.attach(line()));
    EXPECT_EQ(sink.trouble(), "");
    const core::Duration filters{73 * 1'000'000'000LL / 48'000};
    EXPECT_EQ(sink.delay(), std::chrono::milliseconds(140) + filters);
    EXPECT_TRUE(hears(5));
    EXPECT_GE(sink.counters().rendered_frames, 5U * 896);
    const auto first = silence.first.load();
    sink.detach("it has gone out of range");
    EXPECT_EQ(sink.trouble(), "it has gone out of range");
    ASSERT_TRUE(sink.attach(line()));
    EXPECT_TRUE(hears(2));
    EXPECT_EQ(silence.run, 2U);
    EXPECT_GT(silence.first, first) << "frames go on";
}

TEST_F(A2dpSinkTest, ALineWaitsForWhoRenders) {
    ASSERT_TRUE(sink.attach(line()));
    EXPECT_EQ(sink.counters().rendered_frames, 0U);
    ASSERT_TRUE(sink.start(silence));
    EXPECT_EQ(sink.start(silence).error().code, core::ErrorCode::conflict);
    EXPECT_TRUE(hears(2));
    sink.stop();
    ASSERT_TRUE(sink.start(silence));
    EXPECT_TRUE(hears(2));
}

TEST_F(A2dpSinkTest, WhatCannotBePlayedIsRefusedAndTold) {
    ASSERT_TRUE(sink.start(silence));
    EXPECT_EQ(sink.attach(line(0x21)).error().code, core::ErrorCode::invalid);
    EXPECT_NE(sink.trouble().find("44100 Hz"), std::string::npos) << sink.trouble();
    EXPECT_EQ(sink.attach(line(0x11, 100)).error().code, core::ErrorCode::invalid);
    EXPECT_FALSE(sink.attached());
}

TEST_F(A2dpSinkTest, WhoseEarIsGoneIsTold) {
    ASSERT_TRUE(sink.start(silence));
    ASSERT_TRUE(sink.attach(line()));
    EXPECT_TRUE(hears(1));
    ::close(std::exchange(ear, -1));
    const auto deadline = clock.now() + std::chrono::seconds(10);
    while (sink.trouble().empty() && clock.now() < deadline) std::this_thread::yield();
    EXPECT_EQ(sink.trouble(), "its transport has ended");
    ASSERT_TRUE(sink.attach(line()));
    EXPECT_TRUE(hears(1));
}

}  // namespace
}  // namespace antiphon::bluez
