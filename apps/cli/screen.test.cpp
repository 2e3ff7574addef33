// Laws of what is drawn again and again: a frame covers the one before, and never scrolls.
#include "apps/cli/screen.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "apps/cli/nearest.hpp"
#include "apps/cli/progress.hpp"

namespace antiphon::cli {
namespace {

TEST(Screen, AFrameClearsWhatItDoesNotCover) {
    EXPECT_EQ(frame_of("a\nb\n", {80, 24}), "\x1b[Ha\x1b[0m\x1b[K\r\nb\x1b[0m\x1b[K\x1b[J");
    EXPECT_EQ(frame_of("", {80, 24}), "\x1b[H\x1b[J");
}

TEST(Screen, WhatDoesNotFitIsCounted) {
    EXPECT_EQ(frame_of("a\nb\nc\nd\n", {80, 3}),
              "\x1b[Ha\x1b[0m\x1b[K\r\nb\x1b[0m\x1b[K\r\n(2 more lines)\x1b[0m\x1b[K\x1b[J");
    EXPECT_EQ(frame_of("a\nb\n", {80, 2}), "\x1b[Ha\x1b[0m\x1b[K\r\nb\x1b[0m\x1b[K\x1b[J");
}

TEST(Screen, LeavesTheTerminalAsItWas) {
    std::ostringstream out;
    {
        Screen screen(out);
    }
    EXPECT_EQ(out.str(), "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l");
}

TEST(Progress, IsOneLineThatGoesAway) {
    std::ostringstream out;
    {
        Progress progress(&out);
        progress.show("one");
        progress.show("one");
        progress.show("two");
    }
    EXPECT_EQ(out.str(), "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K");
    Progress silent(nullptr);
    silent.show_bytes("x", 1, 2);
}

TEST(Progress, SaysHowMuchOfHowMuch) {
    EXPECT_EQ(bytes_line("song.flac", 5'000'000, 10'000'000), "song.flac ━━━━━━━━━━━━──────────── 50 % of 10.0 MB");
    EXPECT_EQ(bytes_line("song.flac", 5'000'000, 0), "song.flac 5.0 MB");
}

TEST(Nearest, FindsWhatWasMeant) {
    const std::vector<std::string> verbs{"play", "pause", "coordinator", "worker", "workers"};
    EXPECT_EQ(nearest("paly", verbs), "play");
    EXPECT_EQ(nearest("cordinator", verbs), "coordinator");
    EXPECT_EQ(nearest("workr", verbs), "worker");
    EXPECT_EQ(nearest("bluetooth", verbs), "");
    EXPECT_EQ(nearest(std::string(1000, 'p'), verbs), "");
}

}  // namespace
}  // namespace antiphon::cli
