// Laws of what goes to a headset: each packet at its time, none after it, and what was rendered is what arrives.
#include "adapters/bluez/a2dp_loop.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "media/codecs/a2dp_sbc.hpp"
#include "ports/hand_clock.test.hpp"

namespace antiphon::bluez {
namespace {

constexpr core::FrameCount packet = 896;  // seven SBC frames

class A2dpLoopTest : public testing::Test {
  protected:
    class Even final : public ports::Renderer {
      public:
        void render(const ports::RenderBlock& block) noexcept override {
            blocks.push_back({block.reading, block.first});
            for (auto& sample : block.samples) sample = 0.25F;
        }
        struct Seen {
            ports::DeviceReading reading;
            core::FrameCount first;
        };
        std::vector<Seen> blocks;
    };

    void SetUp() override {
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
        auto encoder = media::a2dp_sbc.open(configuration, 895);
        ASSERT_TRUE(encoder);
        loop = std::make_unique<A2dpLoop>(ends[0], std::move(*encoder), ports::AudioFormat{48'000, 2}, clock,
                                          clock.now(), 3, tally);
    }
    void TearDown() override {
        for (const int end : ends) ::close(end);
    }
    void take_all() {
        std::array<std::byte, 2000> buffer;
        while (::recv(ends[1], buffer.data(), buffer.size(), 0) > 0) ++taken;
    }
    // Since it was last asked.
    std::size_t arrived() {
        take_all();
        return std::exchange(taken, 0);
    }
    void pass(core::Duration time) {
        const auto until = clock.now() + time;
        while (loop->due() <= until) {
            clock.at = std::max(clock.now(), loop->due());
            EXPECT_TRUE(loop->step(even));
            if (radio_takes) take_all();
        }
        clock.at = until;
    }

    const media::A2dpElements configuration{std::byte{0x11}, std::byte{0x15}, std::byte{2}, std::byte{51}};
    ports::test::HandClock clock;
    std::array<int, 2> ends{};
    bool radio_takes = true;
    std::size_t taken = 0;
    A2dpTally tally;
    Even even;
    std::unique_ptr<A2dpLoop> loop;
};

TEST_F(A2dpLoopTest, PacketsLeaveAtTheirTimeAndTheirPaceIsOurs) {
    std::size_t packets = 0;
    for (int i = 0; i < 3000; ++i) {
        pass(std::chrono::milliseconds(100));
        packets += arrived();
    }
    // Five minutes of frames at 48 kHz, to the packet: no rounding adds up.
    EXPECT_EQ(static_cast<core::FrameCount>(packets), core::FrameCount{300} * 48'000 / packet + 1);
    EXPECT_EQ(tally.lost_frames, 0U);
    EXPECT_EQ(even.blocks.front().first, 0);
    EXPECT_EQ(even.blocks.front().reading.run, 3U);
}

TEST_F(A2dpLoopTest, InAnotherRunFramesGoOn) {
    auto encoder = media::a2dp_sbc.open(configuration, 895);
    A2dpLoop later(ends[0], std::move(*encoder), {48'000, 2}, clock, clock.now() - std::chrono::hours(1), 4, tally);
    EXPECT_GE(later.due(), clock.now());
    EXPECT_LT(later.due() - clock.now(), std::chrono::milliseconds(19));
    clock.at = later.due();
    EXPECT_TRUE(later.step(even));
    EXPECT_NEAR(static_cast<double>(even.blocks.back().first), 3600. * 48'000, packet);
    EXPECT_EQ(tally.lost_frames, 0U);
}

TEST_F(A2dpLoopTest, NothingLeavesBeforeItsTime) {
    EXPECT_TRUE(loop->step(even));
    EXPECT_EQ(arrived(), 1U);
    clock.at = loop->due() - core::Duration{1};
    EXPECT_TRUE(loop->step(even));
    EXPECT_EQ(arrived(), 0U);
    EXPECT_EQ(even.blocks.size(), 1U);
}

TEST_F(A2dpLoopTest, WhatComesTooLateIsLeftOut) {
    pass(std::chrono::milliseconds(100));
    const auto before = even.blocks.back().first;
    clock.at = loop->due() + std::chrono::milliseconds(500);
    EXPECT_TRUE(loop->step(even));
    EXPECT_EQ((even.blocks.back().first - before) % packet, 0);
    EXPECT_NEAR(static_cast<double>(even.blocks.back().first - before), 24'000, 2 * packet);
    EXPECT_EQ(tally.underruns, 1U);
    EXPECT_EQ(tally.lost_frames, static_cast<std::uint64_t>(even.blocks.back().first - before - packet));
    EXPECT_GT(loop->due(), clock.now()) << "and none is sent after";
}

TEST_F(A2dpLoopTest, EachReadingIsWhereTheDeviceIs) {
    pass(std::chrono::seconds(5));
    for (const auto& [reading, first] : even.blocks) {
        const auto late =
            core::Duration{first * 1'000'000'000 / 48'000} - core::Duration{reading.frames * 1'000'000'000 / 48'000};
        if (first > packet) {
            EXPECT_NEAR(static_cast<double>(late.count()), 1e7, 1e5) << "its turn is the margin away";
        }
        EXPECT_GE(first, reading.frames);
    }
}

TEST_F(A2dpLoopTest, WhatTheRadioDoesNotTakeIsLeftOutAndNotQueued) {
    radio_takes = false;
    pass(std::chrono::seconds(60));
    EXPECT_GT(tally.full, 100U);
    EXPECT_EQ(tally.rendered_frames + tally.lost_frames, static_cast<std::uint64_t>(even.blocks.size()) * packet);
    EXPECT_EQ(arrived(), 2U) << "the second waits 19 ms for the first, a third would wait 37";
    EXPECT_EQ(tally.longest_wait_ns, core::FrameCount{896} * 1'000'000'000 / 48'000);
    radio_takes = true;
    const auto full = tally.full.load();
    pass(std::chrono::milliseconds(100));
    EXPECT_EQ(tally.full, full) << "what is taken again goes on with the present";
    EXPECT_EQ(arrived(), 5U);
}

TEST_F(A2dpLoopTest, WhoHasGoneIsNoticed) {
    ::close(ends[1]);
    ends[1] = ::dup(ends[0]);
    clock.at = loop->due();
    EXPECT_FALSE(loop->step(even));
}

}  // namespace
}  // namespace antiphon::bluez
