// When a worker asks for the cluster's time: a burst to agree quickly, then a grid as dense as the network makes
// necessary.
#pragma once

#include <algorithm>

#include "core/units.hpp"

namespace antiphon::media {

struct ProbeRhythm {
    int burst_probes = 20;
    core::Duration burst_interval = std::chrono::milliseconds{5};
    core::Duration steady_interval = std::chrono::milliseconds{100};
    // While more answers would make the estimate better than this: up to so often.
    core::Duration quick_interval = std::chrono::milliseconds{20};
    core::Duration error_wanted = std::chrono::microseconds{3};
};

// Pure. Probes stand on a grid that does not shift when one is sent late, so the spacing gathers no error; slots that
// passed unused (the process was stopped) are skipped, not caught up.
class ProbeSchedule {
  public:
    explicit ProbeSchedule(core::LocalTime start, const ProbeRhythm& rhythm = {})
        : rhythm_(rhythm), interval_(rhythm.steady_interval), next_(start) {}

    // What the number of answers so far leaves uncertain, which falls as they become more: from the next slot on the
    // probes are as close together as that needs.
    void pace(core::Duration sampling_error) noexcept {
        const auto error = std::max(sampling_error, core::Duration{1});
        const double share = static_cast<double>(rhythm_.error_wanted.count()) / static_cast<double>(error.count());
        const double wanted = static_cast<double>(rhythm_.steady_interval.count()) * share;
        interval_ = share >= 1 ? rhythm_.steady_interval
                               : std::max(rhythm_.quick_interval, core::Duration{static_cast<std::int64_t>(wanted)});
    }

    // When the next probe is due.
    core::LocalTime next() const noexcept { return next_; }

    // The due probe was sent at `now`, not before next(): moves on to the first slot after it.
    void sent(core::LocalTime now) noexcept {
        do {
            const bool burst = sent_ + 1 < rhythm_.burst_probes;
            if (burst) ++sent_;
            next_ = next_ + (burst ? rhythm_.burst_interval : interval_);
            if (!burst && next_ <= now) skip_to(now);
        } while (next_ <= now);
    }

  private:
    void skip_to(core::LocalTime now) noexcept {
        const auto missed = (now - next_) / interval_;
        next_ = next_ + missed * interval_;
    }

    ProbeRhythm rhythm_;
    core::Duration interval_;  // after the burst
    core::LocalTime next_;
    int sent_ = 0;  // of the burst, less the one that is due
};

}  // namespace antiphon::media
