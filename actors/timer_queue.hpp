// Timers in the order of their time, and of their making where that is the same. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "actors/executor.hpp"

namespace antiphon::actors {

class TimerQueue {
  public:
    using Action = std::function<void()>;

    TimerId add(core::LocalTime when, Action action) {
        const TimerId id = next_id_++;
        due_.emplace(id, timers_.emplace(std::pair{when, id}, std::move(action)).first);
        return id;
    }
    bool cancel(TimerId id) {
        const auto it = due_.find(id);
        if (it == due_.end()) return false;
        timers_.erase(it->second);
        due_.erase(it);
        return true;
    }
    std::optional<core::LocalTime> next() const {
        if (timers_.empty()) return std::nullopt;
        return timers_.begin()->first.first;
    }
    // The first action that is due at `now`, removed; empty when none is.
    Action take_due(core::LocalTime now) {
        if (timers_.empty() || timers_.begin()->first.first > now) return {};
        const auto first = timers_.begin();
        Action action = std::move(first->second);
        due_.erase(first->first.second);
        timers_.erase(first);
        return action;
    }
    std::size_t size() const { return timers_.size(); }

  private:
    using Timers = std::map<std::pair<core::LocalTime, TimerId>, Action>;

    Timers timers_;
    std::unordered_map<TimerId, Timers::iterator> due_;
    TimerId next_id_ = 1;
};

}  // namespace antiphon::actors
