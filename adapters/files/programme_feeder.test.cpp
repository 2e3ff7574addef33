// Laws of the decoder thread: it feeds what was asked for last, tells when it is ready, and says why when it cannot.
#include "adapters/files/programme_feeder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "adapters/files/fixture.test.hpp"

namespace antiphon::files {
namespace {

// Looks at the feeder until the condition holds; fails after 10 s.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

// A ramp, so that each frame tells its place: left = frame / 2^20.
std::filesystem::path ramp_file(const TempFolder& folder, int frames) {
    const auto path = folder / "ramp.wav";
    make_audio(path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, core::cluster_rate, 2, frames,
               [](int channel, int frame) { return channel == 0 ? static_cast<float>(frame) / (1 << 20) : 0.0F; });
    return path;
}

core::FrameCount frame_at(media::PcmWindow& window, core::FrameCount frame) {
    return std::lround(*window.view(frame) * (1 << 20));
}

TEST(ProgrammeFeeder, FeedsFromTheFrameAskedForUntilTheEnd) {
    TempFolder folder;
    const auto file = ramp_file(folder, 30000);
    ProgrammeFeeder feeder;
    feeder.feed(file, 1234, 1);
    ASSERT_TRUE(eventually([&] { return feeder.status().ready; }));
    auto& window = feeder.window();
    ASSERT_TRUE(eventually([&] {
        window.refresh();
        if (window.restart_pending()) window.adopt();
        return window.stream_end() == 30000;
    }));
    EXPECT_EQ(window.begin(), 1234);
    EXPECT_EQ(window.end(), 30000);
    EXPECT_EQ(frame_at(window, 1234), 1234);
    EXPECT_EQ(frame_at(window, 29000), 29000);
}

TEST(ProgrammeFeeder, TheLastOrderWins) {
    TempFolder folder;
    const auto file = ramp_file(folder, 200000);
    ProgrammeFeeder feeder;
    for (std::uint64_t epoch = 1; epoch <= 20; ++epoch)
        feeder.feed(file, static_cast<core::FrameCount>(epoch * 100), epoch);
    ASSERT_TRUE(eventually([&] { return feeder.status().ready && feeder.status().epoch == 20; }));
    auto& window = feeder.window();
    window.refresh();
    EXPECT_EQ(window.pending_epoch(), 20u);
    window.adopt();
    EXPECT_EQ(window.begin(), 2000);
}

TEST(ProgrammeFeeder, SaysWhyItCannot) {
    ProgrammeFeeder feeder;
    feeder.feed("/nowhere/at-all.flac", 0, 7);
    ASSERT_TRUE(eventually([&] { return !feeder.status().failure.empty(); }));
    EXPECT_NE(feeder.status().failure.find("/nowhere/at-all.flac"), std::string::npos);
    EXPECT_EQ(feeder.status().epoch, 7u);
}

TEST(ProgrammeFeeder, EndsWhileItWaits) {
    TempFolder folder;
    const auto file = ramp_file(folder, 200000);
    ProgrammeFeeder feeder;
    feeder.feed(file, 0, 1);
    ASSERT_TRUE(eventually([&] { return feeder.status().ready; }));
}

}  // namespace
}  // namespace antiphon::files
