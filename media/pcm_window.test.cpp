// Laws of the window of decoded frames: each frame is found under its own index, across wraps, seeks and threads.
#include "media/pcm_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace antiphon::media {
namespace {

// The sample that frame `frame` of epoch `epoch` has in a channel.
float sample(std::uint64_t epoch, core::FrameCount frame, int channel) {
    return static_cast<float>((frame * 7 + static_cast<core::FrameCount>(epoch) * 100'003 + channel) % 8'000'000);
}

std::vector<float> frames(std::uint64_t epoch, core::FrameCount first, core::FrameCount count) {
    std::vector<float> out;
    for (auto frame = first; frame < first + count; ++frame)
        for (int channel = 0; channel < 2; ++channel) out.push_back(sample(epoch, frame, channel));
    return out;
}

bool shows(const PcmWindow& window, core::FrameCount first) {
    const auto last = std::min(window.end(), first + PcmWindow::view_frames);
    const float* view = window.view(first);
    for (auto frame = first; frame < last; ++frame)
        for (int channel = 0; channel < 2; ++channel)
            if (*view++ != sample(window.epoch(), frame, channel)) return false;
    return true;
}

TEST(PcmWindow, ShowsEveryFrameUnderItsIndexAcrossTheSeam) {
    std::mt19937 random(1);
    PcmWindow window(2, 256, 3, 1000);
    for (int step = 0; step < 2000; ++step) {
        const auto offered = static_cast<core::FrameCount>(random() % 200);
        const auto room = window.writable(), from = window.next_frame();
        EXPECT_EQ(window.write(frames(3, from, offered)), std::min(room, offered));
        window.refresh();
        ASSERT_EQ(window.end(), window.next_frame());
        ASSERT_LE(window.end() - window.begin(), 256);
        for (auto frame = window.begin(); frame < window.end(); frame += 13) ASSERT_TRUE(shows(window, frame)) << frame;
        window.release(window.begin() + static_cast<core::FrameCount>(random() % 150));
    }
    EXPECT_GT(window.end(), 10'000);
}

TEST(PcmWindow, KeepsTheOldEpochUntilTheNewOneIsAdopted) {
    PcmWindow window(2, 256, 1, 0);
    window.write(frames(1, 0, 100));
    window.refresh();
    window.restart(2, 50'000);
    EXPECT_EQ(window.write(frames(2, 50'000, 200)), 156);  // the old frames still stand
    window.refresh();
    EXPECT_TRUE(window.restart_pending());
    EXPECT_EQ(window.pending_epoch(), 2U);
    EXPECT_EQ(window.epoch(), 1U);
    EXPECT_EQ(window.end(), 100);
    EXPECT_TRUE(shows(window, 90));
    window.adopt();
    EXPECT_FALSE(window.restart_pending());
    EXPECT_EQ(window.epoch(), 2U);
    EXPECT_EQ(window.begin(), 50'000);
    EXPECT_EQ(window.end(), 50'156);
    EXPECT_TRUE(shows(window, 50'000));
    EXPECT_EQ(window.writable(), 100);
}

TEST(PcmWindow, OnlyTheLastOfSeveralRestartsIsSeen) {
    PcmWindow window(2, 128, 1, 0);
    for (std::uint64_t epoch = 2; epoch < 9; ++epoch) {
        window.restart(epoch, 10);
        window.write(frames(epoch, 10, 10));
    }
    window.refresh();
    window.adopt();
    EXPECT_EQ(window.epoch(), 8U);
    EXPECT_EQ(window.end(), 20);
    EXPECT_TRUE(shows(window, 10));
    EXPECT_EQ(window.writable(), 118);
}

TEST(PcmWindow, TheOldEpochEndsWhereTheFirstOfSeveralRestartsLeftIt) {
    PcmWindow window(2, 512, 1, 0);
    window.write(frames(1, 0, 100));
    window.restart(2, 7'000);
    window.write(frames(2, 7'000, 50));
    window.restart(3, 9'000);
    window.write(frames(3, 9'000, 20));
    window.refresh();
    EXPECT_EQ(window.epoch(), 1U);
    EXPECT_EQ(window.pending_epoch(), 3U);
    EXPECT_EQ(window.end(), 100);
    EXPECT_TRUE(shows(window, 90));
    window.adopt();
    EXPECT_EQ(window.end(), 9'020);
    EXPECT_TRUE(shows(window, 9'000));

    window.restart(4, 0);  // of an epoch that was adopted: it ends here
    window.write(frames(4, 0, 30));
    window.refresh();
    EXPECT_EQ(window.end(), 9'020);
    window.release(window.end());
    window.restart(3, 500);  // an epoch that comes again is another
    window.write(frames(3, 500, 10));
    window.refresh();
    EXPECT_TRUE(window.restart_pending());
    EXPECT_EQ(window.end(), 9'020);
    window.adopt();
    EXPECT_EQ(window.begin(), 500);
    EXPECT_EQ(window.end(), 510);
    EXPECT_TRUE(shows(window, 500));
}

TEST(PcmWindow, TheEndIsWhereTheProducerFinished) {
    PcmWindow window(2, 128);
    window.write(frames(0, 0, 77));
    window.refresh();
    EXPECT_EQ(window.stream_end(), PcmWindow::no_end);
    window.finish();
    EXPECT_EQ(window.write(frames(0, 77, 1)), 0);
    window.refresh();
    EXPECT_EQ(window.stream_end(), 77);
    window.restart(1, 5);
    window.refresh();
    window.adopt();
    EXPECT_EQ(window.stream_end(), PcmWindow::no_end);
}

TEST(PcmWindow, GivesTheAudioThreadOnlyWholeFramesOfTheEpochItAsksFor) {
    constexpr std::uint64_t epochs = 40;
    PcmWindow window(2, 512, 0, 0);
    std::thread decoder([&] {
        std::mt19937 random(9);
        for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
            const auto first = static_cast<core::FrameCount>(epoch * 3000);
            if (epoch > 0) window.restart(epoch, first);
            while (window.next_frame() < first + 2000) {
                const auto left = first + 2000 - window.next_frame();
                const auto count = std::min<core::FrameCount>(left, 1 + static_cast<core::FrameCount>(random() % 300));
                if (window.write(frames(epoch, window.next_frame(), count)) == 0) std::this_thread::yield();
            }
            window.finish();
        }
    });
    bool right = true;
    while (window.epoch() < epochs - 1 || window.begin() < window.stream_end()) {
        window.refresh();
        for (auto frame = window.begin(); frame < window.end(); frame += 31) right = right && shows(window, frame);
        window.release(window.end() - 40);
        if (window.stream_end() != PcmWindow::no_end) window.release(window.end());
        if (window.restart_pending()) window.adopt();
        std::this_thread::yield();
    }
    decoder.join();
    EXPECT_TRUE(right);
    EXPECT_EQ(window.stream_end(), (epochs - 1) * 3000 + 2000);
}

TEST(PcmWindow, ShowsNoFrameOfAnEpochInBetweenHoweverQuickTheRestarts) {
    constexpr std::uint64_t epochs = 1000;
    PcmWindow window(2, 512, 0, 0);
    std::thread decoder([&] {
        std::mt19937 random(4);
        for (std::uint64_t epoch = 0; epoch <= epochs; ++epoch) {
            const auto first = static_cast<core::FrameCount>(random() % 10'000);
            if (epoch > 0) window.restart(epoch, first);
            for (auto pieces = random() % 3; pieces > 0; --pieces)
                window.write(frames(epoch, window.next_frame(), static_cast<core::FrameCount>(random() % 40)));
            if (random() % 4 == 0) std::this_thread::yield();
        }
    });
    std::uint64_t wrong = 0, looks = 0;
    while (window.epoch() < epochs) {
        window.refresh();
        for (auto frame = window.begin(); frame < window.end(); frame += 13) wrong += !shows(window, frame);
        if (window.restart_pending() && ++looks % 3 == 0) window.adopt();
    }
    decoder.join();
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace antiphon::media
