// Keeps the best map of the cluster clock, which after a pause is not the newest.
#pragma once

#include <cstdint>
#include <optional>

#include "media/clock_filter.hpp"
#include "media/clock_map.hpp"

namespace antiphon::media {

// After a pause the map in force holds (holdover) until the filter has settled again, or the estimate's error bound is
// sooner below that map's, grown since: what half a minute of exchanges told is not given up for the first one that
// comes again. What shows that the clocks are others now replaces it at once: a restart of the filter after a step, or
// an estimate that cannot be true if the map is. An incarnation's first map has to be good enough to play by. Not
// thread-safe; real-time-safe.
class ClockHold {
  public:
    static constexpr core::Duration good_enough = std::chrono::milliseconds(2);
    // A crystal's rate changes by so much with its temperature; no map knows of that.
    static constexpr double wander = 1e-6;
    // Maps are compared for the time to come: a young one knows little of the drift.
    static constexpr core::Duration ahead = std::chrono::seconds(10);

    // True when the filter's estimate is the map in force now.
    bool follow(const ClockFilter& filter) noexcept;

    const std::optional<ClockMap>& map() const noexcept { return map_; }
    // The bound of the map in force, which there must be, grown with the time since its reference.
    core::Duration error_at(core::LocalTime t) const noexcept;

  private:
    bool better(const ClockMap& estimate) const noexcept;

    std::optional<ClockMap> map_;
    std::uint64_t restarts_ = 0;  // of the filter, when it was followed last
};

}  // namespace antiphon::media
