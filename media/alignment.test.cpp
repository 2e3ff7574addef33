// The whole chain in a simulated world: is the sound of a worker at the right true time? No part of it knows the truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <numbers>
#include <vector>

#include "media/clock_filter.hpp"
#include "media/playout.hpp"
#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr double omega = 2 * std::numbers::pi * 440 / 48000;
constexpr int block_frames = 480;

double programme(double frame) { return 0.5 * std::sin(omega * frame); }

// A worker with its crystals, a coordinator's clock, and a programme that starts 1 s after the worker.
class Worker {
  public:
    Worker(unsigned seed, Path path)
        : random_(seed),
          path_(std::move(path)),
          cluster_{uniform(random_, -5e9, 5e9), uniform(random_, -100, 100)},
          local_{uniform(random_, 0, 1e13), uniform(random_, -100, 100)},
          dac_{0, uniform(random_, -60, 60)} {
        playout_.set_timeline({.playing = true, .incarnation = {1}, .start_ns = cluster_.stamp(start_true_ns)});
        playout_.set_delay(std::chrono::milliseconds(7));
    }

    // Plays `seconds`; answers the error of each block in us: positive = the sound comes late.
    std::vector<double> run(double seconds) {
        std::vector<double> errors;
        double next_exchange_ns = 0;
        for (core::FrameCount first = 0; first < seconds * 48000; first += block_frames) {
            const double now = true_of(first - block_frames) + std::exponential_distribution<>(1 / 50e3)(random_);
            for (; next_exchange_ns < now; next_exchange_ns += next_exchange_ns < 0.2e9 ? 5e6 : 20e6)
                if (const auto e = exchange(random_, local_, cluster_, path_, next_exchange_ns)) filter_.add(*e);
            if (const auto map = filter_.estimate()) playout_.set_clock(*map);
            decode();
            std::vector<float> block(block_frames * 2);
            const auto played = static_cast<core::FrameCount>(std::floor(dac_.shows(now) * 48e-6));
            playout_.render({{local_.stamp(now + 500 + uniform(random_, 0, 2000))}, played, first, 2, block});
            if (const auto error = error_us(block, first)) errors.push_back(*error);
        }
        return errors;
    }

    PlayoutStatus status() const { return playout_.status(); }

  private:
    static constexpr double start_true_ns = 1e9;

    double true_of(core::FrameCount frame) const { return dac_.true_at(static_cast<double>(frame) / 48e-6); }

    void decode() {
        std::vector<float> samples;
        for (auto frame = window_.next_frame(); frame < window_.next_frame() + window_.writable(); ++frame)
            samples.insert(samples.end(), 2, static_cast<float>(programme(static_cast<double>(frame))));
        window_.write(samples);
    }

    // From the rendered samples alone, by the phase of the tone against the tone that true time asks for.
    std::optional<double> error_us(const std::vector<float>& block, core::FrameCount first) const {
        double product = 0, square = 0;
        for (int i = 0; i < block_frames; ++i) {
            const double heard_ns = cluster_.shows(true_of(first + i) + 7e6 / (1 + local_.ppm * 1e-6));
            const double frame = (heard_ns - cluster_.shows(start_true_ns)) * 48e-6;
            if (frame < 480) return std::nullopt;  // still in its fade
            const double slope = 0.5 * omega * std::cos(omega * frame);
            product += (static_cast<double>(block[static_cast<std::size_t>(2 * i)]) - programme(frame)) * slope;
            square += slope * slope;
        }
        return -product / square / 48e-3;
    }

    Random random_;
    Path path_;
    Crystal cluster_, local_, dac_;
    ClockFilter filter_{{1}};
    PcmWindow window_{2, 8192};
    Playout playout_{window_};
};

struct Figures {
    double start_us = 0, settled_us = 0, settled_rms_us = 0;
};

Figures measure(const char* name, const Path& path, int runs, double seconds, double settled_s) {
    Figures figures;
    double squares = 0, count = 0;
    for (int seed = 0; seed < core::test::sample(runs); ++seed) {
        Worker worker(static_cast<unsigned>(seed), path);
        const auto errors = worker.run(seconds);
        const auto settled = static_cast<std::size_t>((settled_s - 1.02) * 100);
        for (std::size_t i = 0; i < errors.size(); ++i) {
            const double error = std::abs(errors[i]);
            figures.start_us = std::max(figures.start_us, error);
            if (i < settled) continue;
            figures.settled_us = std::max(figures.settled_us, error);
            squares += error * error;
            ++count;
        }
        EXPECT_EQ(worker.status().reseats, 0U) << "seed " << seed;
        EXPECT_EQ(worker.status().frames_missing, 0U) << "seed " << seed;
    }
    figures.settled_rms_us = std::sqrt(squares / count);
    std::printf("%-14s true error us: worst from the start %.2f, worst after %.0f s %.2f, rms %.2f\n", name,
                figures.start_us, settled_s, figures.settled_us, figures.settled_rms_us);
    return figures;
}

TEST(Alignment, OnAQuietNetworkIsBelow100MicrosecondsAtTheStartAnd20After3Seconds) {
    const auto figures = measure("quiet", quiet_path(), 8, 8, 3);
    EXPECT_LT(figures.start_us, 100);
    EXPECT_LT(figures.settled_us, 20);
}

TEST(Alignment, SurvivesAFreezingMachine) {
    const auto figures = measure("freezes", freezing_path(quiet_path()), 5, 8, 3);
    EXPECT_LT(figures.settled_us, 30);
}

TEST(Alignment, UnderMillisecondsOfJitterSettlesToTensOfMicroseconds) {
    const auto figures = measure("5+/-3 ms", jittery_path(), 4, 36, 30);
    EXPECT_LT(figures.settled_us, 100);
}

}  // namespace
}  // namespace antiphon::media
