// What a gate keeps: the sound, what was before it, what came after; and nothing else.
#include "media/recording/sound_gate.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace antiphon::media {
namespace {

constexpr core::SampleRate rate = 1000;        // a frame is a millisecond
constexpr core::FrameCount piece_frames = 10;  // of it

struct Gate {
    SoundGate gate{core::SoundTrigger{-20, 100, 1000}, rate};
    core::FrameCount next = 0;
    std::vector<core::FrameCount> kept, left_out;  // the first frame of each piece
    std::vector<core::WallTime> walls;

    void hear(float amplitude, core::FrameCount frames) {
        const std::vector<float> samples(piece_frames, amplitude);
        for (core::FrameCount end = next + frames; next < end; next += piece_frames)
            gate.take({{}, 0, 1, next, samples}, {next},
                      [&](const CapturedPiece& piece, core::WallTime wall, bool keep) {
                          (keep ? kept : left_out).push_back(piece.first);
                          if (keep) walls.push_back(wall);
                      });
    }
    // The stretches that were kept, as first and end.
    std::vector<std::pair<core::FrameCount, core::FrameCount>> stretches() const {
        std::vector<std::pair<core::FrameCount, core::FrameCount>> found;
        for (const auto first : kept) {
            if (found.empty() || found.back().second != first) found.emplace_back(first, first);
            found.back().second += piece_frames;
        }
        return found;
    }
};

using Stretches = std::vector<std::pair<core::FrameCount, core::FrameCount>>;

constexpr float loud = 0.11F, quiet = 0.09F;  // -20 dB is 0.1

TEST(SoundGate, KeepsTheSoundAndWhatWasBeforeAndAfterIt) {
    Gate heard;
    heard.hear(quiet, 5000);
    EXPECT_TRUE(heard.kept.empty());
    EXPECT_FALSE(heard.gate.open());
    heard.hear(loud, 200);
    EXPECT_TRUE(heard.gate.open());
    heard.hear(quiet, 5000);
    EXPECT_FALSE(heard.gate.open());
    EXPECT_EQ(heard.stretches(), (Stretches{{4900, 6200}}));
    EXPECT_EQ(heard.walls.front(), core::WallTime{4900}) << "each with its own time";
    EXPECT_EQ(heard.kept.size() + heard.left_out.size(), (10'200 - 100) / piece_frames) << "all but the next pre-roll";
}

TEST(SoundGate, PausesThatAreShorterThanTheHoldAreKept) {
    Gate heard;
    for (int word = 0; word < 3; ++word) {
        heard.hear(loud, 50);
        heard.hear(quiet, 950);
    }
    heard.hear(quiet, 3000);
    heard.hear(loud, 10);
    EXPECT_EQ(heard.stretches(), (Stretches{{0, 3050}, {5900, 6010}}));
}

TEST(SoundGate, NoFrameIsKeptTwiceWhereThePreRollMeetsTheHold) {
    Gate heard;
    heard.hear(loud, 10);
    heard.hear(quiet, 1050);
    heard.hear(loud, 10);
    EXPECT_EQ(heard.stretches(), (Stretches{{0, 1070}}));
}

TEST(SoundGate, ADeviceThatIsStartedAnewIsFollowed) {
    Gate heard;
    heard.hear(quiet, 5000);
    heard.next = 0;
    heard.hear(quiet, 60);
    heard.hear(loud, 10);
    EXPECT_EQ(heard.stretches(), (Stretches{{0, 70}})) << "what was before counts from somewhere else";
    heard.next = 0;
    heard.hear(quiet, 1500);
    EXPECT_FALSE(heard.gate.open());
}

TEST(SoundGate, WithoutATriggerEverythingIsKept) {
    SoundGate gate({}, rate);
    EXPECT_TRUE(gate.open());
    int all_kept = 0;
    const std::vector<float> silence(piece_frames);
    for (int i = 0; i < 9; ++i)
        gate.take({{}, 0, 1, i * piece_frames, silence}, {},
                  [&](const CapturedPiece&, core::WallTime, bool keep) { all_kept += keep; });
    EXPECT_EQ(all_kept, 9);
}

TEST(SoundGate, ASilentDeviceIsNeverLoud) {
    Gate heard;
    heard.hear(0.0F, 60'000);
    EXPECT_TRUE(heard.kept.empty());
}

}  // namespace
}  // namespace antiphon::media
