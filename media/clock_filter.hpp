// Estimates the cluster's clock from exchanges of time stamps over the network.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/units.hpp"
#include "media/clock_map.hpp"
#include "media/envelope.hpp"

namespace antiphon::media {

// One question and its answer. `t1` and `t4` are of the local clock, `t2` and `t3` of the cluster clock, all in ns.
struct ClockExchange {
    core::LocalTime t1;   // question sent
    std::int64_t t2 = 0;  // question received
    std::int64_t t3 = 0;  // answer sent
    core::LocalTime t4;   // answer received
};

struct ClockFilterOptions {
    core::Duration window = std::chrono::seconds(30);
    core::Duration window_max =
        std::chrono::seconds(120);  // where the delays vary too much for that; at least `window`
    core::Duration round_trip_max = std::chrono::seconds(4);  // longer exchanges are refused
    SlopePrior drift;
};

struct ClockFilterCounters {
    std::uint64_t accepted = 0;
    std::uint64_t heard = 0;       // packets that came one way
    std::uint64_t insane = 0;      // stamps that no network can produce
    std::uint64_t duplicates = 0;  // `t1` seen before
    std::uint64_t stale = 0;       // older than the window
    std::uint64_t outliers = 0;    // contradict both their predecessors and successors
    std::uint64_t restarts = 0;    // a clock was stepped or a machine suspended
};

// Fits one drift and two floors (forward and backward delays) by LowerEnvelope. Packets that came one way (larger ones,
// in bursts, which wait longer on the average) tell of the drift and of the floor, and never of the mean. Where the
// floor is soft (few packets come near it, as on a radio that tries again), the envelope's error falls slowly and the
// two ways' differ by how many packets each had; then a regression of all delays is better, and the residuals tell: how
// much lower the lowest of four blocks is than that of one. Offsets are exact when the two ways have the same shortest
// (or mean) delay; half of their difference goes into the result (see ClockMap::asymmetry_bound). Steps of a clock
// larger than the jitter restart the estimate after `suspects_max` exchanges in a row that contradict it; smaller ones
// heal within one window. The window is short, for a crystal's rate wanders, unless the delays vary so much that its
// few quick packets leave the offset uncertain by microseconds. Memory is bounded: a block of hulls for each second of
// the longest window; the oldest is dropped. Not thread-safe. No allocation after construction; an add takes some
// microseconds, in a long window tens of them.
class ClockFilter {
  public:
    static constexpr std::size_t suspects_max = 4;

    explicit ClockFilter(core::ClockIncarnation incarnation, const ClockFilterOptions& options = {});

    // Any stamps may come in, in any order. True when the exchange was used (possibly later, if suspected now).
    bool add(const ClockExchange& exchange) noexcept;

    // A packet that left the cluster's node at `sent_ns` (cluster time) was received at `t`: one way of an exchange,
    // for nothing. It counts with the next exchange; before the first, and where it contradicts the estimate, it does
    // not. True when it was used.
    bool hear(std::int64_t sent_ns, core::LocalTime t) noexcept;

    // Forgets everything and starts on another life of the cluster clock.
    void restart(core::ClockIncarnation incarnation) noexcept;

    // The map at the newest exchange; nothing before the first. One exchange gives an error bound of half its round
    // trip.
    std::optional<ClockMap> estimate() const noexcept { return map_; }

    // Half a window of exchanges, and not a few: the estimate does not get much better by waiting.
    bool settled() const noexcept;

    // What more exchanges in the same time would better: how far the floors may be below the lowest points so far. 0
    // before the first.
    core::Duration sampling_error() const noexcept {
        return core::Duration{static_cast<std::int64_t>(sampling_error_)};
    }

    // The delays have no hard floor, and their mean is believed instead.
    bool soft() const noexcept { return soft_; }

    const ClockFilterCounters& counters() const noexcept { return counters_; }
    core::ClockIncarnation incarnation() const noexcept { return incarnation_; }

  private:
    bool sane(const ClockExchange& exchange) const noexcept;
    bool seen(core::LocalTime t1) noexcept;
    bool contradicts(const ClockExchange& exchange) const noexcept;
    double tolerance(core::LocalTime t) const noexcept;
    void suspect(const ClockExchange& exchange) noexcept;
    void settle_suspects() noexcept;
    void forget() noexcept;
    bool take(const ClockExchange& exchange) noexcept;
    void fit() noexcept;
    void judge(double x, double answers_floor, double heard_floor) noexcept;
    void choose_window(double error_by_time) noexcept;
    void regress(double envelope_offset, double envelope_error) noexcept;

    double forward_delay(const ClockExchange& exchange) const noexcept;
    double backward_delay(const ClockExchange& exchange) const noexcept;
    double since_origin(core::LocalTime t) const noexcept;

    ClockFilterOptions options_;
    core::ClockIncarnation incarnation_;
    LowerEnvelope forward_;   // delay + offset over t1
    LowerEnvelope backward_;  // delay - offset over t4
    LowerEnvelope heard_;     // as backward_, of what came one way
    bool has_origin_ = false;
    core::LocalTime origin_;      // where x = 0
    std::int64_t offset_ns_ = 0;  // taken off every offset, so that doubles stay small
    core::LocalTime newest_;
    double slope_ = 0;
    double forward_floor_ = 0;   // at x = 0
    double backward_floor_ = 0;  // at x = 0; of exchanges and of what was heard, the lower one
    double sampling_error_ = 0;
    double soft_error_ = 0;          // of an offset between the envelopes, where their floors are soft
    double heard_weight_max_ = 1e9;  // points per ns of spread
    double judged_block_ = -1;
    bool soft_ = false;  // the map is that of the regression
    bool long_ = false;  // the window is the longest
    std::optional<ClockMap> map_;
    std::array<ClockExchange, suspects_max> suspects_{};
    std::size_t suspect_count_ = 0;
    std::array<std::int64_t, 64> recent_t1_{};
    std::size_t recent_count_ = 0;
    ClockFilterCounters counters_;
};

}  // namespace antiphon::media
