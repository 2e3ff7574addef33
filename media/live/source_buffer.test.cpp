// Laws of a live source: whatever its clock, it is heard whole, at our rate, and no later tomorrow than today.
#include "media/live/source_buffer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <random>
#include <vector>

#include "core/instrumented.test.hpp"

namespace antiphon::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double second = 1e9;
constexpr std::size_t packet = 240;
constexpr double packet_ns = 5e6;

core::LocalTime at(double ns) { return {static_cast<std::int64_t>(ns)}; }
float tone(double frame) { return static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 440 / 48000 * frame)); }

// Gives chunks by a crystal of its own, each somewhat late.
struct Writer {
    double ppm = 0;
    core::FrameCount chunk = 1024;
    double late_ns = 3e6;
    double paused_ns = 0;  // its clock stands still meanwhile
    core::FrameCount given = 0;
    std::mt19937 random{1};
    double next_late = 0;

    // When the next chunk arrives: whoever reads is woken at once.
    double arrives() const {
        return static_cast<double>(given + chunk) / 48000 * second / (1 + ppm * 1e-6) + paused_ns + next_late;
    }
    void run(SourceBuffer& buffer, double now) {
        for (; arrives() <= now; next_late = std::uniform_real_distribution<>(0, late_ns)(random)) {
            std::vector<float> frames;
            for (core::FrameCount i = 0; i < chunk; ++i) frames.push_back(tone(static_cast<double>(given + i)));
            EXPECT_EQ(buffer.write(frames, at(arrives())), chunk);
            given += chunk;
        }
    }
};

struct Bench {
    SourceBuffer buffer{{.channels = 1}};
    std::vector<float> heard = {};
    double now = 0, next_packet = 0;

    template <class Source>
    SourcePhase run(double until, const Source& source) {
        auto phase = SourcePhase::filling;
        for (; now < until; now += 0.5e6) {
            source(now);
            for (; next_packet <= now; next_packet += packet_ns) {
                std::vector<float> frames(packet, 9.0F);
                phase = buffer.produce(frames, at(now));
                heard.insert(heard.end(), frames.begin(), frames.end());
            }
        }
        return phase;
    }
    float largest_step(std::size_t from) const {
        float worst = 0;
        for (auto i = std::max<std::size_t>(from, 1); i < heard.size(); ++i)
            worst = std::max(worst, std::abs(heard[i] - heard[i - 1]));
        return worst;
    }
};

// The tone's own steepest step, and half of a fade's.
const float step_max =
    static_cast<float>(0.5 * (2 * std::numbers::pi * 440 / 48000 + std::numbers::pi / 2 / 120)) * 1.02F;

TEST(SourceBuffer, ASourceWithACrystalOfItsOwnIsHeardWholeAndNoLaterAfterMinutes) {
    for (const double ppm : core::test::sample(std::vector{-180.0, 0.0, 120.0}))
        for (const core::FrameCount chunk : core::test::sample(std::vector{240, 1024, 4096})) {
            Bench bench;
            Writer writer{.ppm = ppm, .chunk = chunk};
            const auto source = [&](double now) { writer.run(bench.buffer, now); };
            bench.run(60 * second, source);
            const auto missing = bench.buffer.status().frames_missing;
            const auto before = bench.buffer.status();
            core::Duration most{0};
            for (int minute = 2; minute <= 3; ++minute) {
                bench.run(minute * 60 * second, source);
                most = std::max(most, bench.buffer.status().waiting);
                bench.heard.erase(bench.heard.begin(), bench.heard.end() - 48000);
                ASSERT_LE(bench.largest_step(1), step_max);
            }
            const auto after = bench.buffer.status();
            std::printf("%+4.0f ppm, chunks of %4d: %.1f ms wait at most, %.2f ppm made up for\n", ppm,
                        static_cast<int>(chunk), static_cast<double>(most.count()) / 1e6, after.source_ppm);
            EXPECT_EQ(after.frames_missing, missing) << "nothing is missing once it flows";
            EXPECT_EQ(after.phase, SourcePhase::flowing);
            EXPECT_NEAR(after.source_ppm, ppm, 20) << "the age shrinks by and by";
            EXPECT_LT(most, milliseconds(25) + core::Duration{chunk * 1'000'000'000 / 48000 * 3 / 2});
            EXPECT_FALSE(after.paced_by_us);
            EXPECT_EQ(before.stalls + after.stalls, 0U);
        }
}

TEST(SourceBuffer, ASourceThatGivesAllItIsAskedForIsTakenAsItIs) {
    Bench bench;
    core::FrameCount given = 0;
    const auto file = [&](double now) {
        for (auto room = bench.buffer.room(); room > 0; room = bench.buffer.room()) {
            std::vector<float> frames;
            for (core::FrameCount i = 0; i < room; ++i) frames.push_back(tone(static_cast<double>(given + i)));
            given += bench.buffer.write(frames, at(now));
        }
    };
    bench.run(60 * second, file);
    EXPECT_TRUE(bench.buffer.status().paced_by_us);
    EXPECT_EQ(bench.buffer.status().source_ppm, 0);
    EXPECT_EQ(bench.buffer.status().frames_missing, 0U);
    for (std::size_t i = 200; i < bench.heard.size(); ++i)
        ASSERT_NEAR(bench.heard[i], tone(static_cast<double>(i)), 1e-4) << i;
}

TEST(SourceBuffer, AStallIsAStateAndNoClick) {
    Bench bench;
    Writer writer{.ppm = 50, .chunk = 480};
    const auto source = [&](double now) { writer.run(bench.buffer, now); };
    const auto nothing = [](double) {};
    EXPECT_EQ(bench.run(10 * second, source), SourcePhase::flowing);
    EXPECT_EQ(bench.run(10.06 * second, nothing), SourcePhase::starved);
    EXPECT_EQ(bench.run(12 * second, nothing), SourcePhase::stalled);
    writer.paused_ns = 2 * second;
    EXPECT_EQ(bench.run(30 * second, source), SourcePhase::flowing);
    EXPECT_EQ(bench.buffer.status().stalls, 1U);
    EXPECT_NEAR(static_cast<double>(bench.buffer.status().frames_missing), 48000 * 2, 3000);
    EXPECT_LE(bench.largest_step(1), step_max);
    EXPECT_LT(bench.buffer.status().waiting, milliseconds(40));
}

TEST(SourceBuffer, WhatHasEndedIsHeardToItsEnd) {
    Bench bench;
    Writer writer{.chunk = 480};
    EXPECT_EQ(bench.run(2 * second, [](double) {}), SourcePhase::filling) << "it has not begun";
    writer.paused_ns = 2 * second;
    bench.run(5 * second, [&](double now) { writer.run(bench.buffer, now); });
    bench.buffer.end();
    EXPECT_EQ(bench.run(6 * second, [](double) {}), SourcePhase::ended);
    EXPECT_LE(bench.largest_step(1), step_max);
    EXPECT_LT(bench.buffer.status().waiting, milliseconds(7)) << "less than a packet was left";
}

// The share of the power that is left when the best sine of this frequency is taken out (least squares).
double beside_a_sine(const std::vector<float>& heard, double hertz) {
    double ss = 0, sc = 0, cc = 0, xs = 0, xc = 0, xx = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        const double turn = 2 * std::numbers::pi * hertz / 48'000 * static_cast<double>(i);
        const double s = std::sin(turn), c = std::cos(turn), x = heard[i];
        ss += s * s, sc += s * c, cc += c * c, xs += x * s, xc += x * c, xx += x * x;
    }
    const double a = (xs * cc - xc * sc) / (ss * cc - sc * sc), b = (xc * ss - xs * sc) / (ss * cc - sc * sc);
    return (xx - a * xs - b * xc) / xx;
}

// A compact disc's rate, from a player with a clock of its own: the tone has our rate afterwards, and nothing else.
TEST(SourceBuffer, ASourceOfAnotherRateHasOursAfterwards) {
    for (const core::SampleRate rate : {44'100, 96'000, 8'000}) {
        SCOPED_TRACE(rate);
        SourceBuffer buffer({.channels = 1, .rate = rate});
        const double ppm = 40;
        core::FrameCount given = 0;
        std::vector<float> heard;
        for (double now = 0; now < 20 * second; now += packet_ns) {
            const auto made = static_cast<core::FrameCount>(now * 1e-9 * rate * (1 + ppm * 1e-6));
            std::vector<float> frames;
            for (; given < made; ++given)
                frames.push_back(
                    static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 440 / rate * static_cast<double>(given))));
            ASSERT_EQ(buffer.write(frames, at(now)), static_cast<core::FrameCount>(frames.size()));
            std::vector<float> out(packet);
            buffer.produce(out, at(now));
            if (now > 19.9 * second) heard.insert(heard.end(), out.begin(), out.end());
        }
        EXPECT_NEAR(buffer.status().source_ppm, ppm, 2);
        EXPECT_LT(beside_a_sine(heard, 440 * (1 + ppm * 1e-6)), 1e-8) << "80 dB";
    }
}

}  // namespace
}  // namespace antiphon::media
