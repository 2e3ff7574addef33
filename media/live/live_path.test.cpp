// A live stream from its sender to the ear in a simulated world: crystals, a clock that is estimated over the same bad
// network, losses and repairs, a device that clocks itself. No part of it knows the truth; the figures are printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <numbers>
#include <string_view>
#include <vector>

#include "media/clock_filter.hpp"
#include "media/live/live_receiver.hpp"
#include "media/playout.hpp"
#include "media/probe_schedule.hpp"
#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr double ms = 1e6;
constexpr int packet_frames = 240;
constexpr double packet_ns = packet_frames * 1e9 / 48000;
constexpr int block_frames = 240;
constexpr double omega = 2 * std::numbers::pi * 440 / 48000;
constexpr double answer_once_in_ns = 4 * ms;

double programme(double frame) { return 0.5 * std::sin(omega * frame); }

struct ToneDecoder final : PacketDecoder {
    bool decode(std::span<const std::byte> packet, std::span<float> frames) override {
        std::int64_t number = 0;
        std::memcpy(&number, packet.data(), sizeof number);
        for (std::size_t i = 0; i < frames.size(); ++i)
            frames[i] = static_cast<float>(
                programme(static_cast<double>(number * packet_frames + static_cast<std::int64_t>(i))));
        return true;
    }
};

struct Conditions {
    Path there = quiet_path();
    Path back = quiet_path();
    double total_latency_ns = 40 * ms;  // from the microphone to the ear
    double freeze_each_ns = 0;          // the receiver's machine stands still for 100 ms; 0: never
    double suspend_at_ns = 1e300;       // its clock, which does not count meanwhile, loses five seconds
    double wander_ppm = 0;              // of each crystal within an hour
};

// Frame f of the stream is captured when the cluster clock shows start + f / 48 kHz, and heard `total_latency` later.
class LiveWorker {
  public:
    LiveWorker(unsigned seed, Conditions conditions)
        : conditions_(std::move(conditions)),
          random_(seed),
          cluster_{uniform(random_, -5e9, 5e9), uniform(random_, -100, 100), conditions_.wander_ppm},
          local_{uniform(random_, 0, 1e13), uniform(random_, -100, 100), conditions_.wander_ppm, 2900e9},
          dac_{0, uniform(random_, -60, 60), conditions_.wander_ppm, 1700e9} {
        next_freeze_ns_ = conditions_.freeze_each_ns > 0 ? conditions_.freeze_each_ns : 1e300;
        playout_.set_timeline({.playing = true, .epoch = 1, .incarnation = {1}, .start_ns = heard_cluster_ns()});
    }

    // Plays `seconds` more; answers the error of each block that sounds whole, in us: positive = it comes late.
    std::vector<double> run(double seconds) {
        std::vector<double> errors;
        for (const auto end = next_first_ + static_cast<core::FrameCount>(seconds * 48000); next_first_ < end;
             next_first_ += block_frames) {
            const auto first = next_first_;
            const double due = true_of(first - 2 * block_frames);  // two blocks ahead of the sound
            const double now = freezes(due + std::exponential_distribution<>(1 / 50e3)(random_));
            live_until(now);
            if (now > true_of(first)) continue;  // too late for the device
            std::vector<float> block(block_frames * 2);
            const auto played = static_cast<core::FrameCount>(std::floor(dac_.shows(now) * 48e-6));
            playout_.render({{local_.stamp(now + 500 + uniform(random_, 0, 2000))}, played, first, 2, block});
            if (const auto error = error_us(block, first)) errors.push_back(*error);
        }
        return errors;
    }

    PlayoutStatus status() const { return playout_.status(); }
    LiveCounters counters() const { return receiver_.counters(); }
    std::uint64_t sent() const { return sent_; }
    double repair_share() const { return static_cast<double>(resent_) / static_cast<double>(sent_); }

  private:
    static constexpr double start_true_ns = 0;
    // From handing over to hearing: the device's two blocks, the one that is rendered, two fades (see
    // Playout::quiet_frames), the taps and the scheduler.
    static constexpr double lead_ns = 3 * packet_ns + 4 * ms + 1 * ms;

    struct Sent {
        std::int64_t number = 0;
        bool again = false;
        std::int64_t at_ns = 0;  // cluster time, which the packet tells
    };

    double true_of(core::FrameCount frame) const { return dac_.true_at(static_cast<double>(frame) / 48e-6); }
    std::int64_t start_cluster_ns() const { return cluster_.stamp(start_true_ns); }
    std::int64_t heard_cluster_ns() const {
        return start_cluster_ns() + static_cast<std::int64_t>(conditions_.total_latency_ns);
    }

    double freezes(double now) {
        if (now < next_freeze_ns_) return std::max(now, thawed_ns_);
        thawed_ns_ = next_freeze_ns_ + 100 * ms;
        next_freeze_ns_ += conditions_.freeze_each_ns;
        return std::max(now, thawed_ns_);
    }

    // What the network thread does until `now`, in steps of half a millisecond.
    void live_until(double now) {
        for (; t_ < now; t_ += 0.5 * ms) {
            if (t_ >= conditions_.suspend_at_ns) {
                conditions_.suspend_at_ns = 1e300;
                local_.offset_ns -= 5e9;
            }
            probe();
            send();
            if (t_ < thawed_ns_) continue;
            listen();
        }
    }

    void probe() {
        if (t_ < static_cast<double>(probes_.next().ns)) return;
        probes_.sent(probes_.next());
        const Path there = conditions_.there, back = conditions_.back;
        bool second = false;
        const Path path = [&](Random& random) { return (second = !second) ? there(random) : back(random); };
        if (const auto e = exchange(random_, local_, cluster_, path, t_)) filter_.add(*e);
        probes_.pace(filter_.sampling_error());
        const auto map = filter_.estimate();
        if (!map) return;
        playout_.set_clock(*map);
        follow(*map);
    }

    void follow(const ClockMap& map) {
        const auto at = map.to_local(start_cluster_ns() + static_cast<std::int64_t>(packet_ns));
        const Departures departures{0, at, packet_ns / map.rate()};
        if (begun_) return receiver_.follow(departures);
        begun_ = true;
        receiver_.begin(departures.last_at({local_.stamp(t_)}) + 1, departures);
        receiver_.add(window_, 1);
    }

    void carry(std::int64_t number, bool again) {
        ++(again ? resent_ : sent_);
        if (const auto delay = conditions_.there(random_))
            coming_.emplace(t_ + *delay, Sent{number, again, cluster_.stamp(t_)});
    }

    void send() {
        const double shown = cluster_.shows(t_) - static_cast<double>(start_cluster_ns());
        while (static_cast<double>(sent_ + 1) * packet_ns <= shown) carry(static_cast<std::int64_t>(sent_), false);
        for (; !asked_.empty() && asked_.begin()->first <= t_; asked_.erase(asked_.begin())) {
            const auto [last, fresh] = answered_.try_emplace(asked_.begin()->second, t_);
            if (!fresh && t_ - last->second < answer_once_in_ns) continue;
            last->second = t_;
            carry(asked_.begin()->second, true);
        }
        while (!answered_.empty() && answered_.begin()->first + 1000 < static_cast<std::int64_t>(sent_))
            answered_.erase(answered_.begin());
    }

    void listen() {
        for (; !coming_.empty() && coming_.begin()->first <= t_; coming_.erase(coming_.begin())) {
            const auto [number, again, sent_ns] = coming_.begin()->second;
            std::array<std::byte, sizeof number> payload{};
            std::memcpy(payload.data(), &number, sizeof number);
            if (!again) filter_.hear(sent_ns, {local_.stamp(coming_.begin()->first)});
            if (begun_) receiver_.take(number, payload, {local_.stamp(coming_.begin()->first)}, again);
        }
        if (!begun_) return;
        receiver_.advance({local_.stamp(t_)});
        std::array<std::int64_t, 32> numbers{};
        const auto count = receiver_.ask({local_.stamp(t_)}, numbers);
        if (const auto delay = count > 0 ? conditions_.back(random_) : std::nullopt)
            for (std::size_t i = 0; i < count; ++i) asked_.emplace(t_ + *delay, numbers[i]);
    }

    // From the rendered samples alone, by the phase of the tone against the tone that true time asks for.
    std::optional<double> error_us(const std::vector<float>& block, core::FrameCount first) {
        double product = 0, square = 0, power = 0;
        for (int i = 0; i < block_frames; ++i) {
            const double heard_ns = cluster_.shows(true_of(first + i));
            const double frame = (heard_ns - static_cast<double>(heard_cluster_ns())) * 48e-6;
            const double value = block[static_cast<std::size_t>(2 * i)];
            const double slope = 0.5 * omega * std::cos(omega * frame);
            product += (value - programme(frame)) * slope;
            square += slope * slope;
            power += value * value - programme(frame) * programme(frame);
        }
        if (std::abs(power) > 0.01 * block_frames) return std::nullopt;  // a fade, a gap, or before the start
        return -product / square / 48e-3;
    }

    Conditions conditions_;
    Random random_;
    Crystal cluster_, local_, dac_;
    ClockFilter filter_{{1}};
    ToneDecoder decoder_;
    PcmWindow window_{1, 8192};
    Playout playout_{window_, {.fade = std::chrono::milliseconds(2)}};
    LiveReceiver receiver_{
        decoder_,
        {.channels = 1, .packet_frames = packet_frames},
        {.latency = core::Duration{static_cast<std::int64_t>(conditions_.total_latency_ns - packet_ns - lead_ns)}}};
    bool begun_ = false;
    core::FrameCount next_first_ = 0;
    ProbeSchedule probes_{{0}};  // by true time
    double t_ = 0, next_freeze_ns_ = 0, thawed_ns_ = 0;
    std::uint64_t sent_ = 0, resent_ = 0;
    std::multimap<double, Sent> coming_;
    std::multimap<double, std::int64_t> asked_;
    std::map<std::int64_t, double> answered_;
};

struct Figures {
    double first_s = 0;                // when the first block sounded
    double median_us = 0, p99_us = 0;  // of all after `settled_s`
    std::uint64_t lost = 0;
    double repair_share = 0;
};

Figures measure(const char* name, const Conditions& conditions, unsigned seed, double seconds, double settled_s) {
    LiveWorker worker(seed, conditions);
    auto errors = worker.run(seconds);
    const auto wanted = static_cast<std::size_t>((seconds - settled_s) * 48000 / block_frames);
    EXPECT_GT(errors.size(), wanted * 9 / 10);
    Figures figures{seconds - static_cast<double>(errors.size()) * block_frames / 48000};
    errors.erase(errors.begin(), errors.end() - static_cast<std::ptrdiff_t>(std::min(wanted, errors.size())));
    for (auto& error : errors) error = std::abs(error);
    std::sort(errors.begin(), errors.end());
    figures.median_us = errors[errors.size() / 2];
    figures.p99_us = errors[errors.size() * 99 / 100];
    figures.lost = worker.counters().repair.lost;
    figures.repair_share = worker.repair_share();
    std::printf(
        "%-26s %4.0f ms: silent for %.2f s in all, median %.2f p99 %.2f us, %llu of %llu packets lost, %.1f %% sent "
        "again, %llu reseats\n",
        name, conditions.total_latency_ns / ms, figures.first_s, figures.median_us, figures.p99_us,
        static_cast<unsigned long long>(figures.lost), static_cast<unsigned long long>(worker.sent()),
        100 * figures.repair_share, static_cast<unsigned long long>(worker.status().reseats));
    EXPECT_EQ(worker.counters().crowded, 0U);
    return figures;
}

TEST(LivePath, OnAQuietNetworkIsHeardAfter40MsInSyncWithinASecond) {
    for (const unsigned seed : core::test::sample(std::vector{1U, 2U, 3U})) {
        const auto figures = measure("quiet", {}, seed, 60, 10);
        EXPECT_LT(figures.first_s, 1);
        EXPECT_LT(figures.median_us, 2);
        EXPECT_LT(figures.p99_us, 10);
        EXPECT_EQ(figures.lost, 0U);
    }
}

TEST(LivePath, UnderJitterAndLossItIsRepairedAndInSync) {
    const Conditions bad{jittery_path(2 * ms, 8 * ms, 0.05), jittery_path(2 * ms, 8 * ms, 0.05), 100 * ms};
    for (const unsigned seed : core::test::sample(std::vector{1U, 2U})) {
        const auto figures = measure("5+/-3 ms, 5 % each way", bad, seed, 180, 60);
        EXPECT_LT(figures.first_s, 1.5);
        EXPECT_LT(figures.median_us, 30);
        EXPECT_LE(figures.lost, 1U);
        EXPECT_LT(figures.repair_share, 0.25);
    }
}

TEST(LivePath, UnderJitterWithASoftFloorItIsInSync) {
    const Conditions soft{triangular_path(2 * ms, 8 * ms, 0.01), triangular_path(2 * ms, 8 * ms, 0.01), 100 * ms};
    for (const unsigned seed : core::test::sample(std::vector{1U, 2U})) {
        const auto figures = measure("5+/-3 ms triangular", soft, seed, 120, 60);
        EXPECT_LT(figures.median_us, 40);
        EXPECT_LT(figures.p99_us, 130);
        EXPECT_EQ(figures.lost, 0U);
    }
}

// In ./check full twelve hours, where no sanitizer watches.
TEST(LivePath, TheLatencyDoesNotDriftOverHours) {
    const char* sweep = std::getenv("ANTIPHON_SWEEP");
    const bool whole = sweep && std::string_view(sweep) == "whole";
    const double hours = core::test::instrumented ? 0.06 : whole ? 12 : 0.1;
    Conditions long_day{jittery_path(2 * ms, 8 * ms, 0.02), jittery_path(2 * ms, 8 * ms, 0.02), 100 * ms};
    long_day.freeze_each_ns = 47e9;
    long_day.wander_ppm = 0.3;
    long_day.suspend_at_ns = 0.5 * hours * 3600e9;
    LiveWorker worker(9, long_day);
    const double quarter_s = hours * 900;
    double worst_us = 0;
    for (int quarter = 1; quarter <= 4; ++quarter) {
        auto errors = worker.run(quarter_s);
        for (auto& error : errors) error = std::abs(error);
        std::sort(errors.begin(), errors.end());
        const double median = errors[errors.size() / 2], p99 = errors[errors.size() * 99 / 100];
        std::printf("quarter %d of %.2f h: %.1f %% sounded, median %.1f p99 %.1f us, %llu packets lost, %llu reseats\n",
                    quarter, hours, 100 * static_cast<double>(errors.size()) * block_frames / 48000 / quarter_s, median,
                    p99, static_cast<unsigned long long>(worker.counters().repair.lost),
                    static_cast<unsigned long long>(worker.status().reseats));
        EXPECT_GT(static_cast<double>(errors.size()) * block_frames / 48000, 0.95 * quarter_s);
        worst_us = std::max(worst_us, median);
    }
    EXPECT_LT(worst_us, 60);
}

TEST(LivePath, AfterEachFreezeOfTheMachineItIsBackAtItsPlace) {
    Conditions freezing;
    freezing.freeze_each_ns = 10e9;
    const auto figures = measure("freezes of 100 ms", freezing, 4, 60, 10);
    EXPECT_LT(figures.first_s, 2.5) << "five freezes";
    EXPECT_LT(figures.median_us, 5);
}

}  // namespace
}  // namespace antiphon::media
