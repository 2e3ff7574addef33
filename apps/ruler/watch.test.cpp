// Laws of watching: from what speakers left in the room to a verdict that names who is off. Time is advanced by the
// waiting itself.
#include "apps/ruler/watch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <list>

#include "adapters/virtual_audio/sound_writer.hpp"
#include "apps/ruler/sounds.test.hpp"

namespace antiphon::ruler {
namespace {

using namespace std::chrono_literals;
using virtual_audio::DeviceTimeline;
using virtual_audio::SoundWriter;
using virtual_audio::TrueTime;

class WaitedTime final : public virtual_audio::TrueClock {
  public:
    TrueTime now() const noexcept override { return at_; }
    std::chrono::nanoseconds realtime() const noexcept override { return std::chrono::nanoseconds{at_.ns}; }
    void wait_until(TrueTime until) const noexcept override {
        at_ = std::max(at_, until);
        if (at_ >= freezes_at) at_ = at_ + std::exchange(freezes_for, 0s);
    }

    TrueTime freezes_at{};
    mutable core::Duration freezes_for{};

  private:
    mutable TrueTime at_{20'000'000'000};
};

struct WatchTest : testing::Test {
    WatchTest() { std::filesystem::create_directories(room / "speakers"); }
    ~WatchTest() override { std::filesystem::remove_all(room); }

    static std::filesystem::path make_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "antiphon-ruler-XXXXXX").string();
        return ::mkdtemp(pattern.data());
    }

    // A speaker that plays the programme in time as far as it knows, from `from` to 4 s after the present.
    void play(const std::string& name, double ppm, core::Duration late, double volume = 1, core::Duration from = -1s) {
        const DeviceTimeline timeline(time.now() + from, 48000, ppm);
        writers.push_back(*SoundWriter::open(room / "speakers" / (name + ".x.pcm"), name + "/x", 48000));
        writers.back().begin_run(timeline, {.late = late});
        const double rate_hz = timeline.frames_per_ns() * 1e9;
        const double t0_s = static_cast<double>(timeline.t0().ns) * 1e-9;
        auto frames = programme.samples(0, static_cast<std::size_t>(4.0 * 48000), rate_hz, -t0_s);
        for (float& frame : frames) frame *= static_cast<float>(volume);
        writers.back().publish(0, frames);
    }
    Report measure(WatchOptions options = {}) {
        options.room = room;
        options.seconds = 0.5;
        const auto tracks = watch(options, time);
        EXPECT_TRUE(tracks) << tracks.error().what;
        return summarise(*tracks, {});
    }

    std::filesystem::path room = make_folder();
    WaitedTime time;
    Programme programme{3};
    std::list<SoundWriter> writers;
};

TEST_F(WatchTest, SpeakersOnDifferentCrystalsInTimeAreInSync) {
    play("a", 100, 0ms);
    play("b", -100, 0ms);
    play("c", 30, 0ms);
    const auto report = measure();
    EXPECT_TRUE(report.within_limits) << report.verdict;
    EXPECT_EQ(report.windows, 5U);
    EXPECT_LT(report.pairs.max_us, 0.1);
}

TEST_F(WatchTest, FindsTheOneWhoseSoundLeavesLaterThanItSays) {
    play("a", 100, 0ms);
    play("b", -100, 5ms);
    play("c", 30, 0ms);
    const auto report = measure();
    EXPECT_EQ(report.verdict, "b/x is 5.0 ms late");
    EXPECT_NEAR(report.speakers[1].signed_median_us, 5000, 0.1);
}

// What it did not hear is nobody's silence.
TEST_F(WatchTest, AMachineThatHadNoTimeForTheRulerIsToldApartFromSilence) {
    play("a", 100, 0ms);
    play("b", -100, 0ms);
    time.freezes_at = time.now() + 1150ms;
    time.freezes_for = 4s;
    const auto report = measure();
    EXPECT_EQ(report.windows, 5U);
    EXPECT_EQ(report.unheard_windows, 1U);
    for (const auto& speaker : report.speakers) EXPECT_EQ(speaker.missed_windows, 0U);
    EXPECT_TRUE(report.within_limits) << report.verdict;
}

TEST_F(WatchTest, FindsTheOneThatSwallowsItsSound) {
    play("a", 100, 0ms);
    play("b", -100, 0ms, 0);
    play("c", 30, 0ms);
    EXPECT_EQ(measure().verdict, "b/x is silent");
}

TEST_F(WatchTest, FindsTheOneThatBeginsInTheMiddle) {
    play("a", 100, 0ms);
    play("b", -100, 0ms, 1, 250ms);
    play("c", 30, 0ms);
    EXPECT_EQ(measure().verdict, "b/x was silent in 3 of 5 windows in which others sounded");
}

TEST_F(WatchTest, FromSoundLeavesOutTheSilenceBefore) {
    play("a", 0, 0ms, 1, 1s);
    play("b", 20, 0ms, 1, 1s);
    const auto report = measure({.from_sound = true});
    EXPECT_TRUE(report.within_limits) << report.verdict;
    EXPECT_EQ(report.windows, 5U);
    EXPECT_EQ(report.speakers[0].audible_windows, 5U);
}

TEST_F(WatchTest, GivesUpOnASoundThatDoesNotCome) {
    const auto tracks = watch({.room = room, .from_sound = true, .wait_s = 5}, time);
    ASSERT_FALSE(tracks);
    EXPECT_EQ(tracks.error().code, core::ErrorCode::unavailable);
    EXPECT_EQ(watch({.room = room / "nowhere"}, time).error().code, core::ErrorCode::not_found);
}

TEST_F(WatchTest, ADeadSpeakersFileIsNoSpeaker) {
    play("a", 0, 0ms);
    writers.clear();
    EXPECT_EQ(measure().verdict, "there is no speaker in the room");
}

}  // namespace
}  // namespace antiphon::ruler
