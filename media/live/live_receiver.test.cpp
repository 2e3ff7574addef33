// Laws of a live stream at its receiver: each frame at its place, whatever arrives. Method: packets of one number each,
// whose frames say where they belong.
#include "media/live/live_receiver.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

namespace antiphon::media {
namespace {

constexpr double period_ns = 5e6;
constexpr int packet_frames = 240;
constexpr core::FrameCount first_frame = -1;
constexpr int fade = 20;

core::LocalTime at(double ns) { return {static_cast<std::int64_t>(ns)}; }

// The frame of the stream at this index.
float sound(core::FrameCount frame) { return static_cast<float>(frame % 1000 + 1000) / 4000; }

struct NumberDecoder final : PacketDecoder {
    bool decode(std::span<const std::byte> packet, std::span<float> frames) override {
        std::int64_t number = 0;
        if (packet.size() != sizeof number) return false;
        std::memcpy(&number, packet.data(), sizeof number);
        for (std::size_t i = 0; i < frames.size(); ++i)
            frames[i] = sound(first_frame + number * packet_frames + static_cast<core::FrameCount>(i));
        return true;
    }
};

std::vector<std::byte> packet(std::int64_t number) {
    std::vector<std::byte> bytes(sizeof number);
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

struct Bench {
    NumberDecoder decoder;
    PcmWindow window{1, 1 << 13};
    LiveReceiver receiver{
        decoder,
        {.channels = 1, .packet_frames = packet_frames, .first_frame = first_frame, .fade_frames = fade},
        {.latency = std::chrono::milliseconds(50), .window = 64}};
    std::map<core::FrameCount, float> heard = {};

    explicit Bench(std::int64_t first) {
        begin(first);
        receiver.add(window, 1);
    }
    void begin(std::int64_t first) { receiver.begin(first, {first, at(0), period_ns}); }

    // The consumer takes all that is there.
    void listen() {
        window.refresh();
        if (window.restart_pending()) window.adopt();
        for (auto frame = window.begin(); frame < window.end(); ++frame) heard[frame] = *window.view(frame);
        window.release(window.end());
    }
};

TEST(LiveReceiver, EachFrameIsAtItsPlaceWhateverIsLostAndReordered) {
    constexpr std::int64_t first = 1'000'000, count = 400;
    Bench bench(first);
    std::mt19937 random(1);
    std::map<std::int64_t, bool> lost;
    std::multimap<double, std::int64_t> coming;
    for (std::int64_t n = 0; n < count; ++n) {
        lost[n] = random() % 10 == 0;
        if (!lost[n])
            coming.emplace(static_cast<double>(n) * period_ns + static_cast<double>(random() % 30) * 1e6, first + n);
    }
    for (double now = 0; now < (count + 20) * period_ns; now += 1e6) {
        for (; !coming.empty() && coming.begin()->first <= now; coming.erase(coming.begin()))
            EXPECT_EQ(bench.receiver.take(coming.begin()->second, packet(coming.begin()->second), at(now), false),
                      Arrival::fresh);
        bench.receiver.advance(at(now));
        bench.listen();
    }
    std::uint64_t gone = 0;
    for (std::int64_t n = 1; n < count; ++n) {
        gone += lost[n];
        if (lost[n] || lost[n - 1]) continue;
        for (int i = 0; i < packet_frames; ++i) {
            const auto frame = first_frame + (first + n) * packet_frames + i;
            ASSERT_EQ(bench.heard.at(frame), sound(frame)) << n;
        }
    }
    EXPECT_GT(gone, 20U);
    const auto counters = bench.receiver.counters();
    EXPECT_EQ(counters.repair.lost, gone + lost[0] + 10) << "and those of the last 50 ms, which were never sent";
    EXPECT_EQ(counters.concealed.frames_missing, counters.repair.lost * packet_frames);
    EXPECT_EQ(counters.crowded, 0U);
}

TEST(LiveReceiver, WhatWasDueBeforeTheFirstPacketCameNobodyMisses) {
    Bench bench(0);
    bench.receiver.advance(at(100e6));
    EXPECT_EQ(bench.receiver.counters().unheard, 11U * packet_frames) << "0 to 10";
    bench.receiver.take(20, packet(20), at(100e6), false);
    bench.receiver.take(12, packet(12), at(101e6), true);
    for (std::int64_t n = 21; n < 40; n += 2)
        bench.receiver.take(n, packet(n), at(static_cast<double>(n) * period_ns), false);
    bench.receiver.advance(at(200e6));
    const auto counters = bench.receiver.counters();
    EXPECT_EQ(counters.unheard, 19U * packet_frames) << "0 to 19 without 12, which was sent again";
    EXPECT_EQ(counters.lost_frames(), 5U * packet_frames) << "22, 24, 26, 28, 30";
}

TEST(LiveReceiver, WhatCannotBeDecodedIsAGap) {
    Bench bench(0);
    bench.receiver.take(0, std::vector<std::byte>(3), at(0), false);
    bench.receiver.take(1, std::vector<std::byte>(5000), at(0), false);
    bench.receiver.advance(at(60e6));
    EXPECT_EQ(bench.receiver.counters().corrupt, 1U);
    EXPECT_EQ(bench.receiver.counters().oversized, 1U);
    EXPECT_EQ(bench.receiver.counters().concealed.frames_missing, 3U * packet_frames);
}

TEST(LiveReceiver, AConsumerThatDoesNotConsumeFindsEachFrameAtItsPlaceLater) {
    Bench bench(0);
    for (std::int64_t n = 0; n < 200; ++n) {
        bench.receiver.take(n, packet(n), at(static_cast<double>(n) * period_ns), false);
        bench.receiver.advance(at(static_cast<double>(n) * period_ns));
        if (n >= 150) bench.listen();
    }
    EXPECT_GT(bench.receiver.counters().crowded, 10'000U);
    const auto frame = first_frame + 185 * packet_frames + 7;
    EXPECT_EQ(bench.heard.at(frame), sound(frame));
    EXPECT_EQ(bench.heard.at(first_frame + 100 * packet_frames), 0.0F) << "there was no room for it";
}

TEST(LiveReceiver, BeginsAnewAtAnyPlace) {
    Bench bench(0);
    for (const std::int64_t first : {500, 20, 7'000'000}) {
        bench.begin(first);
        EXPECT_EQ(bench.receiver.take(first - 1, packet(first - 1), at(0), false), Arrival::late);
        bench.receiver.take(first, packet(first), at(0), false);
        bench.receiver.advance(bench.receiver.next_due());
        bench.heard.clear();
        bench.listen();
        EXPECT_EQ(bench.heard.begin()->first, first_frame + first * packet_frames);
        EXPECT_EQ(bench.heard.rbegin()->second, sound(bench.heard.rbegin()->first));
        EXPECT_LT(bench.heard.begin()->second, 0.01F) << "it fades in";
    }
}

TEST(LiveReceiver, OutputsComeAndGoAndEachHasItsFramesAtTheirPlace) {
    Bench bench(0);
    PcmWindow other{1, 1 << 13};
    for (std::int64_t n = 0; n < 60; ++n) {
        bench.receiver.take(n, packet(n), at(0), false);
        bench.receiver.advance(bench.receiver.next_due());
        if (n == 19) bench.receiver.add(other, 7);
        if (n == 39) bench.receiver.remove(other);
        bench.listen();
    }
    other.refresh();
    ASSERT_TRUE(other.restart_pending());
    other.adopt();
    EXPECT_EQ(other.epoch(), 7U);
    EXPECT_EQ(other.begin(), first_frame + 20 * packet_frames);
    EXPECT_EQ(other.end(), first_frame + 40 * packet_frames);
    for (auto frame = other.begin(); frame < other.end(); ++frame) ASSERT_EQ(*other.view(frame), sound(frame));
    EXPECT_EQ(bench.heard.rbegin()->first, first_frame + 60 * packet_frames - 1) << "the other output goes on";
}

}  // namespace
}  // namespace antiphon::media
