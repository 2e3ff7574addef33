// When a worker asks for the cluster's time: a burst to agree quickly, then a steady grid.
#pragma once

#include "core/units.hpp"

namespace antiphon::net {

struct ProbeRhythm {
    int burst_probes = 20;
    core::Duration burst_interval = std::chrono::milliseconds{5};
    core::Duration steady_interval = std::chrono::milliseconds{100};
};

// Pure. Probes stand on a grid that does not shift when one is sent late, so the spacing gathers no error; slots that
// passed unused (the process was stopped) are skipped, not caught up.
class ProbeSchedule {
  public:
    explicit ProbeSchedule(core::LocalTime start, const ProbeRhythm& rhythm = {}) : rhythm_(rhythm), next_(start) {}

    // When the next probe is due.
    core::LocalTime next() const noexcept { return next_; }

    // The due probe was sent at `now`, not before next(): moves on to the first slot after it.
    void sent(core::LocalTime now) noexcept {
        do {
            const bool burst = sent_ + 1 < rhythm_.burst_probes;
            if (burst) ++sent_;
            next_ = next_ + (burst ? rhythm_.burst_interval : rhythm_.steady_interval);
            if (!burst && next_ <= now) skip_to(now);
        } while (next_ <= now);
    }

  private:
    void skip_to(core::LocalTime now) noexcept {
        const auto missed = (now - next_) / rhythm_.steady_interval;
        next_ = next_ + missed * rhythm_.steady_interval;
    }

    ProbeRhythm rhythm_;
    core::LocalTime next_;
    int sent_ = 0;  // of the burst, less the one that is due
};

}  // namespace antiphon::net
