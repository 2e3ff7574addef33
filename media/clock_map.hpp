// An affine map between a node's local time and the cluster's time, with what is known of its error.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "core/units.hpp"

namespace antiphon::media {

// Trivially copyable, so that it crosses into an audio callback by a triple buffer. All methods are thread-safe on a
// constant map and real-time-safe. The pair of references is exact; only the distance from it meets a double, so no
// precision is lost however large the two times are (1 ns as long as the map is used within 100 days of `local`).
struct ClockMap {
    core::LocalTime local;                  // this local time...
    std::int64_t cluster_ns = 0;            // ...is this cluster time
    double drift = 0.0;                     // cluster ns gained per local ns: rate() - 1
    core::Duration error_bound{0};          // of the reference pair, if both ways have the same shortest delay
    core::Duration asymmetry_bound{0};      // half the shortest round trip: what unequal ways could hide
    double drift_error = 0.0;               // bound on the error of `drift`
    core::ClockIncarnation incarnation{0};  // of the cluster clock; 0 = no map yet

    bool valid() const noexcept { return incarnation.value != 0; }

    // Cluster ns per local ns.
    double rate() const noexcept { return 1.0 + drift; }

    std::int64_t to_cluster(core::LocalTime t) const noexcept {
        const std::int64_t distance_ns = t.ns - local.ns;
        return cluster_ns + distance_ns + std::llround(drift * static_cast<double>(distance_ns));
    }

    core::LocalTime to_local(std::int64_t ns) const noexcept {
        const std::int64_t distance_ns = ns - cluster_ns;
        return {local.ns + distance_ns - std::llround(drift / (1.0 + drift) * static_cast<double>(distance_ns))};
    }

    // The error bound at another time: it grows with the distance from the reference (holdover).
    core::Duration error_at(core::LocalTime t) const noexcept {
        const auto distance_ns = static_cast<double>(std::llabs(t.ns - local.ns));
        return error_bound + core::Duration{std::llround(drift_error * distance_ns)};
    }
};

}  // namespace antiphon::media
