// Laws of the devices as their users see them: the factories, and one run on real threads and real time.
#include "adapters/virtual_audio/devices.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/room_clock.hpp"
#include "adapters/virtual_audio/sound_reader.hpp"

namespace antiphon::virtual_audio {
namespace {

using namespace std::chrono_literals;

struct DevicesTest : testing::Test {
    auto speaker(std::string_view device, std::string_view name = "left") {
        return make_speaker(room, *parse_virtual_device(device), "hall", name, clock);
    }
    auto microphone(std::string_view device, std::string_view name = "desk") {
        return make_microphone(room, *parse_virtual_device(device), "hall", name, clock);
    }

    TemporaryFolder folder;
    Room room = *Room::open(folder.path());
    RoomClock clock{room, "hall"};
};

TEST_F(DevicesTest, RefuseTheWrongKindABadNameAndASecondOfAName) {
    EXPECT_EQ(speaker("virtual:microphone").error().code, core::ErrorCode::invalid);
    EXPECT_EQ(microphone("virtual:speaker").error().code, core::ErrorCode::invalid);
    EXPECT_EQ(speaker("virtual:speaker", "../left").error().code, core::ErrorCode::invalid);
    EXPECT_EQ(microphone("virtual:microphone", "").error().code, core::ErrorCode::invalid);
    const auto first = speaker("virtual:speaker");
    ASSERT_TRUE(first);
    EXPECT_EQ(speaker("virtual:speaker").error().code, core::ErrorCode::conflict);
    EXPECT_TRUE(speaker("virtual:speaker", "right"));
}

struct Waiting final : ports::Renderer, ports::Capturer {
    void render(const ports::RenderBlock& block) noexcept override {
        for (float& sample : block.samples) sample = 0.5F;
        last_reading.store(block.reading.frames);
    }
    void captured(const ports::CaptureBlock& block) noexcept override {
        if (heard.load() || block.samples.back() < 0.1F) return;
        heard.store(true);
        sound.release();
    }

    std::atomic<core::FrameCount> last_reading{0};
    std::atomic<bool> heard{false};
    std::binary_semaphore sound{0};
};

TEST_F(DevicesTest, KeepTheirCrystalAndPlaceOverARestart) {
    Waiting waiting;
    const auto run_of = [&](std::string_view device) {
        const auto made = *speaker(device);
        EXPECT_TRUE(made->start(waiting));
        auto run = *SoundReader::open(room.speakers() / "hall.left.pcm")->run(machine_true_clock().now());
        made->stop();
        return run;
    };
    const auto drawn = run_of("virtual:speaker");
    const auto again = run_of("virtual:speaker");
    EXPECT_EQ(drawn.timeline.ppm(), again.timeline.ppm());
    EXPECT_LE(std::abs(drawn.timeline.ppm()), 100);
    EXPECT_EQ(drawn.at, again.at);
    EXPECT_NE(drawn.id, again.id);
    const auto given = run_of("virtual:speaker,ppm=12.5,at=1,2,late=5");
    EXPECT_EQ(given.timeline.ppm(), 12.5);
    EXPECT_EQ(given.at, (Position{1, 2}));
    EXPECT_EQ(given.late, 5ms);
}

TEST_F(DevicesTest, OnRealThreadsAMicrophoneHearsASpeaker) {
    Waiting waiting;
    const auto playing = *speaker("virtual:speaker,at=1,1");
    const auto listening = *microphone("virtual:microphone,at=1,2");
    ASSERT_TRUE(listening->start(waiting));
    ASSERT_TRUE(playing->start(waiting));
    EXPECT_FALSE(playing->start(waiting)) << "it runs already";
    EXPECT_TRUE(waiting.sound.try_acquire_for(5s));
    playing->stop();
    listening->stop();
    playing->stop();
    EXPECT_GT(playing->counters().rendered_frames, 4800U);
    EXPECT_GT(listening->counters().captured_frames, 0U);
    EXPECT_TRUE(playing->start(waiting)) << "and may run again";
}

}  // namespace
}  // namespace antiphon::virtual_audio
