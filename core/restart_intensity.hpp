// How often something that dies may be started again before its supervisor must give up (invariant I19).
#pragma once

#include <cstddef>
#include <deque>

#include "core/units.hpp"

namespace antiphon::core {

struct RestartLimit {
    std::size_t restarts_max = 3;  // within any window of this length; 0 allows none
    Duration window = std::chrono::seconds{60};
};

// Pure: the owner says what time it is. Not thread-safe.
class RestartIntensity {
  public:
    explicit RestartIntensity(RestartLimit limit = {}) : limit_(limit) {}

    // True: restart now, and this restart is counted. False: the limit is reached, escalate; nothing is counted.
    // `now` does not go back. A restart exactly one window ago no longer counts.
    bool allow(LocalTime now) {
        while (!recent_.empty() && now - recent_.front() >= limit_.window) recent_.pop_front();
        if (recent_.size() >= limit_.restarts_max) return false;
        recent_.push_back(now);
        return true;
    }

    // Restarts that still count at the time of the last allow().
    std::size_t recent() const noexcept { return recent_.size(); }
    const RestartLimit& limit() const noexcept { return limit_; }

  private:
    RestartLimit limit_;
    std::deque<LocalTime> recent_;  // oldest first, at most restarts_max
};

}  // namespace antiphon::core
