// Laws of what a device captures on its way into a stream. Method: blocks of 10 ms whose samples say when they were
// captured, and packets of 5 ms.
#include "apps/live/capture_flow.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace antiphon::live {
namespace {

constexpr int block_ms = 10, packet_ms = 5;

struct Bench {
    CaptureFlow flow;
    int channels = 1;
    std::int64_t now_ms = 0;
    std::vector<float> packet = std::vector<float>(2 * 48 * packet_ms);

    core::LocalTime now() const { return {now_ms * 1'000'000}; }
    // The frames of the last 10 ms; each says when the first was captured, in units of 10 s.
    void capture() {
        std::vector<float> samples(static_cast<std::size_t>(48 * block_ms * channels));
        for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(now_ms - block_ms) / 1e4F;
        flow.captured({.reading = {.at = now()}, .channels = channels, .samples = samples});
    }
    void produce() { flow.produce(packet, now()); }
    void run(int ms, bool captures = true, bool produces = true) {
        for (const auto until = now_ms + ms; now_ms < until;) {
            now_ms += packet_ms;
            if (captures && now_ms % block_ms == 0) capture();
            if (produces) produce();
        }
    }
    // How long ago what is let out now was captured.
    std::int64_t age_ms() const { return now_ms - std::lround(packet.back() * 1e4F); }
    void expect_the_present() const {
        EXPECT_EQ(flow.phase(), media::SourcePhase::flowing);
        EXPECT_LT(age_ms(), 60);
    }
};

TEST(CaptureFlow, BothChannelsOfASourceHaveWhatTheDeviceHas) {
    for (const int channels : {1, 2, 4}) {
        Bench bench{.channels = channels};
        bench.run(1000);
        EXPECT_EQ(bench.flow.phase(), media::SourcePhase::flowing);
        EXPECT_EQ(bench.packet[0], bench.packet[1]);
        EXPECT_LT(bench.age_ms(), 40) << channels;
        EXPECT_GT(bench.age_ms(), 5);
        EXPECT_EQ(bench.flow.lost_frames(), 0U);
    }
}

TEST(CaptureFlow, WhatWasCapturedBeforeAnybodyAskedIsNotHeardLate) {
    Bench bench;
    bench.run(3000, true, false);
    bench.run(300);
    bench.expect_the_present();
}

TEST(CaptureFlow, ASourceThatStopsIsStalledAndGoesOnAtThePresent) {
    Bench bench;
    bench.run(1000);
    bench.run(500, false);
    EXPECT_EQ(bench.flow.phase(), media::SourcePhase::stalled);
    bench.run(500);
    bench.expect_the_present();
}

TEST(CaptureFlow, WhatNobodyTookInTimeIsLostAndCounted) {
    Bench bench;
    bench.run(500);
    bench.run(1000, true, false);
    bench.run(500);
    bench.expect_the_present();
    EXPECT_NEAR(static_cast<double>(bench.flow.lost_frames()), 0.9 * 48'000, 0.15 * 48'000);
}

}  // namespace
}  // namespace antiphon::live
