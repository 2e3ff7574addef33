// Laws of feeds: what is given is played in its order and to its end, at our pace, and the last who began counts.
#include "apps/live/feed_source.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/coordinator.hpp"
#include "ports/hand_clock.test.hpp"

namespace antiphon::live {
namespace {

using ports::test::HandClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Mono, s16, our rate; each frame tells its number.
struct Fed {
    HandClock clock;
    FeedSource source{{{.channels = 1}}, clock};
    std::vector<float> heard;
    core::FrameCount given = 0;
    bool wanted = false;

    static float value_of(core::FrameCount frame) { return static_cast<float>(frame % 20'000 + 100) / 32768; }
    std::vector<std::byte> frames(core::FrameCount count) {
        std::vector<std::byte> bytes;
        for (; count > 0; --count) {
            const auto value = given++ % 20'000 + 100;
            bytes.push_back(static_cast<std::byte>(value & 0xff));
            bytes.push_back(static_cast<std::byte>(value >> 8));
        }
        return bytes;
    }
    void play(core::Duration duration) {
        std::vector<float> packet(480);
        for (; duration.count() > 0; duration -= milliseconds(5)) {
            source.produce(0, packet, clock.at);
            for (std::size_t i = 0; i < packet.size(); i += 2) heard.push_back(packet[i]);
            clock.at = clock.at + milliseconds(5);
        }
    }
    // As a connection does: the next piece when the last found room.
    void give_all(Feeder feeder, core::FrameCount count) {
        while (count > 0) {
            const auto piece = std::min<core::FrameCount>(count, 5'001);
            source.give(feeder, frames(piece));
            count -= piece;
            wanted = false;
            source.when_room(feeder, [this] { wanted = true; });
            for (int i = 0; !wanted && i < 1000; ++i) play(milliseconds(5));
            ASSERT_TRUE(wanted) << "held back for ever";
        }
    }
    // The first place that is as loud.
    std::size_t place_of(float value) const {
        std::size_t at = 0;
        while (at < heard.size() && heard[at] < value) ++at;
        return at;
    }
};

TEST(FeedSource, AllThatIsGivenIsPlayedAtOurPaceAndThenItIsOver) {
    Fed fed;
    EXPECT_EQ(fed.source.view().reason, "nobody feeds it yet");
    fed.source.begin(1);
    constexpr core::FrameCount whole = 100'000;
    fed.give_all(1, whole);
    EXPECT_LT(fed.given - static_cast<core::FrameCount>(fed.heard.size()), 25'000) << "it was held back";
    fed.source.end(1, true);
    fed.play(seconds(1));
    EXPECT_FALSE(fed.source.view().over) << "the last is not heard everywhere yet";
    EXPECT_TRUE(fed.source.view().flows);
    constexpr core::FrameCount known = 5'000;
    const auto begin = fed.place_of(Fed::value_of(known) - 0.5F / 32768) - known;
    std::size_t wrong = 0;
    for (core::FrameCount frame = 200; frame < whole - 200; ++frame)
        wrong += std::abs(fed.heard[begin + static_cast<std::size_t>(frame)] - Fed::value_of(frame)) > 2.0F / 32768;
    EXPECT_LT(wrong, 400U) << "but for the jumps, where a resampler rings";
    fed.play(core::live_latency_max);
    EXPECT_TRUE(fed.source.view().over);
}

TEST(FeedSource, AFewFramesAreHeardToo) {
    Fed fed;
    fed.source.begin(1);
    fed.source.give(1, fed.frames(300));
    fed.source.end(1, true);
    EXPECT_FALSE(fed.source.view().over);
    fed.play(seconds(1));
    EXPECT_LT(fed.place_of(Fed::value_of(50)), fed.heard.size());
    fed.play(core::live_latency_max);
    EXPECT_TRUE(fed.source.view().over);
}

TEST(FeedSource, NothingAtAllIsOverToo) {
    Fed fed;
    fed.source.begin(1);
    fed.source.end(1, true);
    fed.play(milliseconds(50));
    EXPECT_TRUE(fed.source.view().over);
}

TEST(FeedSource, WhoGoesIsMissedAndAnotherMayGoOn) {
    Fed fed;
    fed.source.begin(1);
    fed.source.give(1, fed.frames(4'800));
    fed.play(milliseconds(50));
    EXPECT_TRUE(fed.source.view().flows);
    fed.source.end(1, false);
    fed.play(seconds(1));
    EXPECT_EQ(fed.source.view().reason, "who fed it has gone");
    EXPECT_FALSE(fed.source.view().over);
    fed.source.begin(2);
    fed.source.give(2, fed.frames(9'600));
    fed.play(milliseconds(50));
    EXPECT_TRUE(fed.source.view().flows);
    fed.play(seconds(3));
    EXPECT_EQ(fed.source.view().reason, "nothing has come from who feeds it for 2 s");
}

TEST(FeedSource, TheLastWhoBeganCounts) {
    Fed fed;
    fed.source.begin(1);
    fed.source.give(1, fed.frames(48'000));
    bool released = false;
    fed.source.when_room(1, [&] { released = true; });
    EXPECT_FALSE(released) << "a second does not fit";
    fed.source.begin(2);
    EXPECT_TRUE(released) << "to be told that it feeds no more";
    fed.source.end(1, true);
    fed.play(seconds(3));
    EXPECT_FALSE(fed.source.view().over) << "what the first says does not count";
    released = false;
    fed.source.when_room(1, [&] { released = true; });
    EXPECT_TRUE(released);
}

TEST(FeedSource, WhoWaitsIsLetGoWhenItCloses) {
    bool released = false;
    {
        Fed fed;
        fed.source.begin(1);
        fed.source.give(1, fed.frames(48'000));
        fed.source.when_room(1, [&] { released = true; });
        EXPECT_FALSE(released);
    }
    EXPECT_TRUE(released);
}

TEST(FeedSource, WhoGoesInTheMidstOfAFrameIsHeardToHisLastWholeOne) {
    Fed fed;
    fed.source.begin(1);
    auto bytes = fed.frames(20'000);  // more than there is room for
    const std::vector<std::byte> odd(bytes.begin(), bytes.begin() + 5);
    fed.source.give(1, odd);
    fed.source.give(1, {bytes.begin() + 5, bytes.end()});
    fed.source.end(1, false);
    fed.play(seconds(1));
    constexpr core::FrameCount known = 5'000;
    const auto begin = fed.place_of(Fed::value_of(known) - 0.5F / 32768) - known;
    for (const core::FrameCount frame : {1'000, 10'000, 16'000, 19'000})
        EXPECT_NEAR(fed.heard[begin + static_cast<std::size_t>(frame)], Fed::value_of(frame), 2.0F / 32768) << frame;
}

}  // namespace
}  // namespace antiphon::live
