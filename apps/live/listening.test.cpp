// Laws of listening: everybody hears all of it from when he came, and whoever leaves hurts nobody.
#include "apps/live/listening.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>

#include "apps/live/desk.test.hpp"

namespace antiphon::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t wav_head_bytes = 44;
constexpr std::size_t second_bytes = 48'000 * 4;

struct Ears : Desk {
    std::map<Ear, std::string> heard;
    std::map<Ear, int> ends;

    core::Result<Ear> listen(EarFormat format, const std::string& source = "l1") {
        return sources.listen({source}, format, [this](Ear ear, const Sound& bytes) {
            if (!bytes) ++ends[ear];
            if (bytes) heard[ear] += *bytes;
        });
    }
    // A tone that is listened to.
    void open_and_begin() {
        open("l1", "tone:440", std::nullopt);
        sources.begin({"l1"}, {life, clock.now().ns});
    }
    std::size_t bytes_of(Ear ear) { return heard[ear].size(); }
};

// The left channel of what came after the head.
std::vector<float> samples_of(const std::string& wav) {
    std::vector<float> samples;
    for (auto at = wav_head_bytes; at + 4 <= wav.size(); at += 4) {
        std::int16_t value = 0;
        std::memcpy(&value, wav.data() + at, sizeof value);
        samples.push_back(static_cast<float>(value) / 32768);
    }
    return samples;
}

// How far from a sine of 440 Hz, whatever its phase: each sample follows from the two before it.
double worst_break(const std::vector<float>& samples) {
    const double turn = 2 * std::cos(2 * std::numbers::pi * 440 / core::cluster_rate);
    double worst = 0;
    for (std::size_t i = 2; i < samples.size(); ++i)
        worst = std::max(worst, std::abs(samples[i] - (turn * samples[i - 1] - samples[i - 2])));
    return worst;
}

TEST(Listening, GivesEachTheWholeSoundFromWhenHeCame) {
    Ears ears;
    ears.open_and_begin();
    const auto first = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(first) > second_bytes / 4; }));
    const auto second = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(second) > second_bytes / 4; }));
    for (const auto ear : {first, second}) {
        EXPECT_EQ(ears.heard[ear].substr(0, 4), "RIFF");
        const auto samples = samples_of(ears.heard[ear]);
        EXPECT_LT(worst_break(samples), 4.0 / 32768) << "rounding, and nothing left out";
        EXPECT_NEAR(*std::max_element(samples.begin(), samples.end()), 0.25, 0.01);
    }
    EXPECT_EQ(ears.ends.size(), 0U);
    EXPECT_TRUE(ears.run_until([&] { return ears.sources.totals().ears == 2; }));
}

TEST(Listening, GivesOpusAsAStreamThatBeginsWithItsHeaders) {
    Ears ears;
    ears.open_and_begin();
    const auto wav = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(wav) > wav_head_bytes; }));
    const auto opus = *ears.listen(EarFormat::opus);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(opus) > 4'000; }));
    EXPECT_EQ(ears.heard[opus].substr(0, 4), "OggS");
    EXPECT_EQ(ears.heard[opus].substr(28, 8), "OpusHead");
    EXPECT_NE(ears.heard[opus].find("TITLE=tone:440"), std::string::npos);
}

TEST(Listening, WhoHangsUpHearsNothingMoreAndTheOtherGoesOn) {
    Ears ears;
    ears.open_and_begin();
    const auto leaves = *ears.listen(EarFormat::opus);
    const auto stays = *ears.listen(EarFormat::opus);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(leaves) > 1'000; }));
    ears.sources.hang_up(leaves);
    ears.sources.hang_up(leaves);
    const auto before = ears.bytes_of(leaves);
    const auto other = ears.bytes_of(stays);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(stays) > other + 4'000; }));
    EXPECT_EQ(ears.bytes_of(leaves), before);
    EXPECT_EQ(ears.ends[leaves], 0);
    EXPECT_TRUE(ears.run_until([&] { return ears.sources.totals().ears == 1; }));
}

TEST(Listening, EndsForAllWithItsSource) {
    Ears ears;
    ears.open_and_begin();
    const auto opus = *ears.listen(EarFormat::opus);
    const auto wav = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(wav) > wav_head_bytes; }));
    ears.sources.close({"l1"});
    ASSERT_TRUE(ears.run_until([&] { return ears.ends[opus] == 1 && ears.ends[wav] == 1; }));
    const auto late = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.ends[late] == 1; })) << "there is no such source any more";
    EXPECT_EQ(ears.bytes_of(late), 0U);
}

TEST(Listening, ToASessionThatBoardsPlayIsOverAtOnce) {
    Ears ears;
    ears.open("s1");
    const auto ear = *ears.listen(EarFormat::wav, "s1");
    EXPECT_TRUE(ears.run_until([&] { return ears.ends[ear] == 1; }));
}

TEST(Listening, IsMissedAgainAndAgainUntilItsSourceIsClosed) {
    Ears ears;
    ears.open_and_begin();
    const auto ear = *ears.listen(EarFormat::wav);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(ear) > wav_head_bytes; }));
    ears.clock.pass(2 * core::listen_linger);
    const auto before = ears.bytes_of(ear);
    ASSERT_TRUE(ears.run_until([&] { return ears.bytes_of(ear) > before + second_bytes / 10; }));
    EXPECT_TRUE(ears.run_until([&] { return ears.sources.totals().skipped > 0; }))
        << "what was due in a standstill is not made up for";
    EXPECT_LT(ears.bytes_of(ear), 3 * second_bytes);
    EXPECT_TRUE(ears.unheard.empty());
    ears.sources.hang_up(ear);
    ASSERT_TRUE(ears.run_until([&] { return ears.sources.totals().ears == 0; }));
    EXPECT_TRUE(ears.unheard.empty()) << "he may come again";
    ears.clock.pass(core::listen_linger);
    ASSERT_TRUE(ears.run_until([&] { return !ears.unheard.empty(); }));
    ears.clock.pass(seconds(1));
    ASSERT_TRUE(ears.run_until([&] { return ears.unheard.size() >= 2; }));
    EXPECT_EQ(ears.unheard.front(), core::SessionId{"l1"});
}

TEST(Listening, HasABound) {
    Ears ears;
    ears.open_and_begin();
    for (std::size_t n = 0; n < LiveSources::ears_max; ++n) ASSERT_TRUE(ears.listen(EarFormat::opus));
    const auto refused = ears.listen(EarFormat::opus);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::exhausted);
    EXPECT_EQ(refused.error().what, "64 listen already; one of them has to leave first");
    ears.sources.hang_up(1);
    EXPECT_TRUE(ears.listen(EarFormat::wav));
}

}  // namespace
}  // namespace antiphon::live
