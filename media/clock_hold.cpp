// Compares the bounds of the map in force and of the filter's estimate.
#include "media/clock_hold.hpp"

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

core::Duration wander_over(core::Duration distance) {
    return core::Duration{std::llround(ClockHold::wander * static_cast<double>(std::llabs(distance.count())))};
}

}  // namespace

core::Duration ClockHold::error_at(core::LocalTime t) const noexcept {
    ANTIPHON_ASSERT(map_.has_value());
    return map_->error_at(t) + wander_over(t - map_->local);
}

bool ClockHold::better(const ClockMap& estimate) const noexcept {
    const auto then = estimate.local + ahead;
    if (estimate.error_at(then) + wander_over(ahead) <= error_at(then)) return true;
    const auto held_error = error_at(estimate.local);
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
    const bool taken = first ? estimate->error_bound < good_enough : stepped || filter.settled() || better(*estimate);
    if (taken) map_ = estimate;
    return taken;
}

}  // namespace antiphon::media
