// Laws of monitors: what a device is given to play is heard, at its time, for as long as somebody wants to.
#include "apps/worker/monitor.hpp"

#include <gtest/gtest.h>

#include "ports/hand_clock.test.hpp"

namespace antiphon::worker {
namespace {

using ports::test::HandClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A device that the test turns by hand.
struct HandSink final : ports::AudioSink {
    ports::Renderer* to = nullptr;
    std::optional<core::Error> broken;
    core::FrameCount next = 0;

    ports::AudioFormat format() const override { return {}; }
    core::Duration delay() const override { return milliseconds(3); }
    core::Duration ahead() const override { return milliseconds(20); }
    core::Result<void> start(ports::Renderer& renderer) override {
        if (broken) return *broken;
        to = &renderer;
        return {};
    }
    void stop() override { to = nullptr; }
    std::string trouble() const override { return broken ? broken->what : ""; }
    ports::SinkCounters counters() const override { return {}; }

    void turn(core::LocalTime at, core::FrameCount frames) {
        std::vector<float> samples(static_cast<std::size_t>(frames) * 2, 1.0F);
        if (to) to->render({{at, next, 1}, next, 2, samples});
        next += frames;
    }
};

struct Ear final : ports::Capturer {
    struct Heard {
        ports::DeviceReading reading;
        core::FrameCount first = 0;
        std::vector<float> samples;
    };
    std::vector<Heard> heard;
    void captured(const ports::CaptureBlock& block) noexcept override {
        EXPECT_EQ(block.channels, 1);
        heard.push_back({block.reading, block.first, {block.samples.begin(), block.samples.end()}});
    }
};

struct Bench {
    HandClock clock;
    HandSink* device = nullptr;
    std::unique_ptr<Output> output;
    std::unique_ptr<Monitor> monitor;
    Ear ear;

    explicit Bench(std::optional<core::Error> broken = {}) {
        auto sink = std::make_unique<HandSink>();
        device = sink.get();
        device->broken = std::move(broken);
        output = std::make_unique<Output>("left", "virtual:speaker",
                                          core::Result<std::unique_ptr<ports::AudioSink>>(std::move(sink)), clock);
        monitor = std::make_unique<Monitor>(*output);
    }
    void idle(core::Duration time) {
        clock.at = clock.at + time;
        output->rest_when_idle();
    }
};

TEST(Monitor, HearsEachFrameWhenItLeavesTheDevice) {
    Bench bench;
    ASSERT_TRUE(bench.monitor->start(bench.ear));
    bench.device->turn(bench.clock.at, 480);
    bench.device->turn(bench.clock.at + milliseconds(10), 1000);
    ASSERT_EQ(bench.ear.heard.size(), 4U) << "in pieces";
    EXPECT_EQ(bench.ear.heard[0].reading.at, bench.clock.at + milliseconds(3)) << "the device is so late";
    EXPECT_EQ(bench.ear.heard[0].reading.run, 1U);
    core::FrameCount next = 0;
    for (const auto& block : bench.ear.heard) {
        EXPECT_EQ(block.first, next);
        next += static_cast<core::FrameCount>(block.samples.size());
        for (const float sample : block.samples) EXPECT_EQ(sample, 0) << "what nobody plays is silence";
    }
    EXPECT_EQ(next, 1480);
    bench.monitor->stop();
    bench.device->turn(bench.clock.at, 480);
    EXPECT_EQ(bench.ear.heard.size(), 4U);
}

TEST(Monitor, KeepsTheDeviceAwake) {
    Bench bench;
    bench.idle(seconds(1));
    bench.idle(seconds(10));
    EXPECT_FALSE(bench.device->to) << "with nothing to play it rests";
    ASSERT_TRUE(bench.monitor->start(bench.ear));
    EXPECT_TRUE(bench.device->to);
    bench.idle(seconds(10));
    EXPECT_TRUE(bench.device->to);
    bench.monitor->stop();
    bench.idle(seconds(10));
    EXPECT_FALSE(bench.device->to);
}

TEST(Monitor, OfADeviceThatDoesNotOpenIsRefusedWithItsReason) {
    Bench bench(core::Error{core::ErrorCode::unavailable, "no such card"});
    const auto refused = bench.monitor->start(bench.ear);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "output left plays nothing: no such card");
    EXPECT_EQ(bench.monitor->trouble(), "no such card");
}

TEST(Monitor, HeardByTwoIsHeardByBothUntilEachLeaves) {
    Bench bench;
    Monitor second(*bench.output);
    Ear other;
    ASSERT_TRUE(bench.monitor->start(bench.ear));
    ASSERT_TRUE(second.start(other));
    bench.device->turn(bench.clock.at, 480);
    bench.monitor->stop();
    bench.device->turn(bench.clock.at, 480);
    EXPECT_EQ(bench.ear.heard.size(), 1U);
    EXPECT_EQ(other.heard.size(), 2U);
    bench.idle(seconds(10));
    EXPECT_TRUE(bench.device->to) << "one is left";
}

}  // namespace
}  // namespace antiphon::worker
