// Compares bounds at the time of the estimate.
#include "media/clock_hold.hpp"

#include "core/contract.hpp"

namespace antiphon::media {

core::Duration ClockHold::error_at(core::LocalTime t) const noexcept {
    ANTIPHON_ASSERT(map_.has_value());
    const auto distance_ns = static_cast<double>(std::llabs((t - map_->local).count()));
    return map_->error_at(t) + core::Duration{std::llround(wander * distance_ns)};
}

bool ClockHold::better(const ClockMap& estimate) const noexcept {
    const auto held_error = error_at(estimate.local);
    if (estimate.error_bound <= held_error) return true;
    // The truth is within each map's bounds; apart by more than both, the clocks are not what they were.
    const auto apart = core::Duration{std::llabs(map_->to_cluster(estimate.local) - estimate.cluster_ns)};
    return apart > held_error + map_->asymmetry_bound + estimate.asymmetry_bound;
}

bool ClockHold::follow(const ClockFilter& filter) noexcept {
    const auto estimate = filter.estimate();
    if (!estimate) return false;
    const bool stepped = filter.counters().restarts != restarts_;
    restarts_ = filter.counters().restarts;
    const bool first = !map_ || map_->incarnation != estimate->incarnation;
    const bool taken = first ? estimate->error_bound < good_enough : stepped || better(*estimate);
    if (taken) map_ = estimate;
    return taken;
}

}  // namespace antiphon::media
