// Laws of the sound cards that a worker has: a thread that turns, and ends at once.
#include <gmock/gmock.h>

#include <semaphore>

#include "adapters/alsa/devices.hpp"
#include "adapters/system/clock.hpp"
#include "tests/adapters/card_world.hpp"

namespace antiphon::alsa {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Told from the device's thread.
struct Awaited final : ports::Renderer, ports::Capturer {
    void render(const ports::RenderBlock& block) noexcept override {
        std::fill(block.samples.begin(), block.samples.end(), 0.25F);
        note(block.reading);
    }
    void captured(const ports::CaptureBlock& block) noexcept override { note(block.reading); }
    void note(const ports::DeviceReading& reading) noexcept {
        frames = reading.frames;
        run = reading.run;
        if (++blocks >= wanted && armed.exchange(false)) reached.release();
    }
    // Whether so many more blocks came in time.
    bool more(int count) {
        wanted = blocks + count;
        armed = true;
        return reached.try_acquire_for(seconds(20));
    }

    std::atomic<int> blocks{0};
    std::atomic<int> wanted{0};
    std::atomic<bool> armed{false};
    std::atomic<std::int64_t> frames{0};
    std::atomic<std::uint32_t> run{0};
    std::binary_semaphore reached{0};
};

struct AlsaDevices : CardWorld {
    AlsaDevices() { control.now_ns = 0; }  // the machine's time

    system::SystemClock machine;
    Awaited awaited;
};

TEST_F(AlsaDevices, ASinkPlaysUntilItIsStoppedAndAgain) {
    const auto sink = make_sink({"out", milliseconds{40}}, machine);
    EXPECT_EQ(sink->trouble(), "");
    EXPECT_EQ(sink->ahead(), milliseconds{40});
    for (int start = 1; start <= 2; ++start) {
        ASSERT_TRUE(sink->start(awaited));
        EXPECT_FALSE(sink->start(awaited)) << "it is started already";
        EXPECT_TRUE(awaited.more(40));
        sink->stop();
        const int blocks = awaited.blocks;
        EXPECT_EQ(awaited.run, static_cast<std::uint32_t>(start));
        EXPECT_EQ(sink->counters().rendered_frames, static_cast<std::uint64_t>(blocks) * 240);
    }
}

TEST_F(AlsaDevices, ASinkWaitsForItsCard) {
    control.away = 1;
    const auto sink = make_sink({"out", milliseconds{40}}, machine);
    ASSERT_TRUE(sink->start(awaited));
    EXPECT_THAT(sink->trouble(), HasSubstr("No such device")) << "known at once";
    control.away = 0;
    EXPECT_TRUE(awaited.more(10));
    EXPECT_EQ(sink->trouble(), "");
}

TEST_F(AlsaDevices, ASourceCapturesUntilItIsStopped) {
    const auto source = make_source({"in", milliseconds{40}}, machine);
    ASSERT_TRUE(source->start(awaited));
    EXPECT_TRUE(awaited.more(40));
    source->stop();
    EXPECT_GE(source->counters().captured_frames, 40U * 240);
}

TEST_F(AlsaDevices, ASourceNeedsItsCard) {
    control.away = 1;
    const auto source = make_source({"in", milliseconds{40}}, machine);
    const auto started = source->start(awaited);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, core::ErrorCode::unavailable);
    EXPECT_THAT(started.error().what, HasSubstr("alsa:in: No such device"));
    control.away = 0;
    EXPECT_TRUE(source->start(awaited));
    EXPECT_TRUE(awaited.more(5));
}

}  // namespace
}  // namespace antiphon::alsa
