// Laws of aligned tracks: one sound at several microphones is one sound, whatever their crystals.
#include "media/recording/aligned_track.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr double omega = 2 * std::numbers::pi * 1000;  // of a tone, per s
constexpr std::int64_t begin_ns = 5'000'000'000;       // cluster time of what is rendered first

// A microphone that heard the tone, and what is known of its clock.
struct Microphone {
    Crystal crystal;
    core::SampleRate rate;
    std::vector<TimeAnchor> anchors;

    Microphone(unsigned seed, double ppm, core::SampleRate at_rate, double seconds)
        : crystal{-4.9e9 * (1 + ppm * 1e-6), ppm, 0.1, 900e9}, rate(at_rate) {
        Random random(seed);
        std::normal_distribution<> normal;
        for (double second = 0; second < seconds; second += 0.5) {
            const auto frame = static_cast<core::FrameCount>(second * rate);
            anchors.push_back(
                {frame, std::llround(heard_at_ns(static_cast<double>(frame)) + 800 * normal(random)), 3000});
        }
    }
    double heard_at_ns(double frame) const { return crystal.true_at(frame * 1e9 / rate); }
    float sample(core::FrameCount frame) const {
        return static_cast<float>(0.5 * std::sin(omega * (heard_at_ns(static_cast<double>(frame)) - begin_ns) * 1e-9));
    }
    AlignedTrack::Source source() const {
        return [this](core::FrameCount first, std::span<float> frames) -> core::Result<void> {
            for (auto& frame : frames) frame = sample(first++);
            return {};
        };
    }
};

// How late the rendered tone is in each tenth of a second, in us, and how much of it is something else, as a share.
struct Lateness {
    std::vector<double> us;
    double residue = 0;
};

Lateness lateness_of(const std::vector<float>& rendered) {
    Lateness told;
    double residue = 0, power = 0;
    for (std::size_t from = 0; from + 4800 <= rendered.size(); from += 4800) {
        double sine = 0, cosine = 0, squares = 0;
        for (std::size_t i = from; i < from + 4800; ++i) {
            const double phase = omega * static_cast<double>(i) / 48000;
            sine += rendered[i] * std::sin(phase);
            cosine += rendered[i] * std::cos(phase);
            squares += static_cast<double>(rendered[i]) * rendered[i];
        }
        told.us.push_back(-std::atan2(cosine, sine) / omega * 1e6);
        residue += squares - (sine * sine + cosine * cosine) / 2400;
        power += squares;
    }
    told.residue = residue / power;
    return told;
}

TEST(AlignedTrack, OneSoundAtThreeMicrophonesIsOneSound) {
    const int seconds = core::test::sample(60);
    std::vector<Lateness> tracks;
    for (const auto& [ppm, rate] : {std::pair(0.0, 48000U), {40.0, 48000U}, {-60.0, 44100U}}) {
        const Microphone microphone(static_cast<unsigned>(ppm + 100), ppm, rate, seconds + 2);
        const auto time = TrackTime::of(microphone.anchors, {.rate = rate});
        ASSERT_TRUE(time);
        AlignedTrack aligned(*time, rate, begin_ns, microphone.source());
        std::vector<float> rendered(static_cast<std::size_t>(seconds) * 48000);
        for (std::size_t at = 0; at < rendered.size(); at += 1000)
            ASSERT_TRUE(aligned.render(std::span(rendered).subspan(at, 1000)));
        tracks.push_back(lateness_of(rendered));
        EXPECT_LT(tracks.back().residue, 1e-8) << "80 dB";
    }
    std::vector<double> between;
    for (std::size_t i = 0; i < tracks.front().us.size(); ++i)
        for (std::size_t a = 0; a < 3; ++a)
            for (std::size_t b = 0; b < a; ++b) between.push_back(std::abs(tracks[a].us[i] - tracks[b].us[i]));
    std::sort(between.begin(), between.end());
    std::printf("between tracks: median %.2f us, p99 %.2f us\n", between[between.size() / 2],
                between[between.size() * 99 / 100]);
    EXPECT_LT(between[between.size() / 2], 1);
    EXPECT_LT(between[between.size() * 99 / 100], 3);
}

TEST(AlignedTrack, PiecesOfAnySizeGiveTheSame) {
    const Microphone microphone(3, 55, 48000, 3);
    const auto time = TrackTime::of(microphone.anchors);
    ASSERT_TRUE(time);
    std::vector<float> whole(48000), pieces(48000);
    AlignedTrack one(*time, 48000, begin_ns, microphone.source()), other(*time, 48000, begin_ns, microphone.source());
    ASSERT_TRUE(one.render(whole));
    for (std::size_t at = 0, size = 1; at < pieces.size(); at += size, size = size % 997 + 13) {
        size = std::min(size, pieces.size() - at);
        ASSERT_TRUE(other.render(std::span(pieces).subspan(at, size)));
    }
    for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR(whole[i], pieces[i], 1e-5) << i;
}

TEST(AlignedTrack, WhatItsSourceCannotReadItDoesNotRender) {
    const auto time = TrackTime::of(std::vector<TimeAnchor>{{0, begin_ns, 1000}});
    AlignedTrack aligned(*time, 48000, begin_ns, [](core::FrameCount, std::span<float>) -> core::Result<void> {
        return core::Error{core::ErrorCode::corrupt, "segment 3 is damaged"};
    });
    std::vector<float> out(10);
    EXPECT_EQ(aligned.render(out).error().what, "segment 3 is damaged");
}

}  // namespace
}  // namespace antiphon::media
