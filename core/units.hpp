// The four kinds of time and the other numbers with a unit. None converts silently into another.
// docs/time.md tells the whole story.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

#include "core/tagged.hpp"

namespace antiphon::core {

using Duration = std::chrono::nanoseconds;

// A point on one time line. Differences are durations; points of different lines do not mix.
template <class Line>
struct Instant {
    std::int64_t ns = 0;  // since the origin of its line

    friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.ns + d.count()}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.ns - d.count()}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ns - b.ns}; }
};

// Local monotonic time of one node, from its boot. The only time that deadlines and timers use.
using LocalTime = Instant<struct LocalLine>;
inline constexpr LocalTime end_of_time{std::numeric_limits<std::int64_t>::max()};

// UTC, to label things for people. No decision uses a difference of these (invariant I18) but those of schedules, which
// are of the calendar.
using WallTime = Instant<struct WallLine>;

// One life of the cluster clock: it changes when the coordinator's machine starts anew.
using ClockIncarnation = Tagged<struct ClockIncarnationTag, std::uint64_t>;

// The coordinator's monotonic time, which each worker estimates with an error bound.
struct ClusterTime {
    ClockIncarnation incarnation;
    std::int64_t ns = 0;

    friend constexpr bool operator==(const ClusterTime&, const ClusterTime&) = default;
    friend constexpr ClusterTime operator+(ClusterTime t, Duration d) { return {t.incarnation, t.ns + d.count()}; }
};

// Media time: a count of sample frames of one stream, from the stream's first frame.
using FrameCount = std::int64_t;

// Frames per second, as the stream or device declares it.
using SampleRate = std::uint32_t;

// The rate inside the cluster; other rates are converted where a file is decoded.
inline constexpr SampleRate cluster_rate = 48000;

}  // namespace antiphon::core
