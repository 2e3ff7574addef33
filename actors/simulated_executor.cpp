// The virtual clock moves only when nobody is ready.
#include "actors/simulated_executor.hpp"

#include <algorithm>

namespace antiphon::actors {

SimulatedExecutor::~SimulatedExecutor() {
    for (auto* runnable : ready_) runnable->release();
}

void SimulatedExecutor::schedule(Runnable& runnable) {
    runnable.retain();
    ready_.push_back(&runnable);
}

TimerId SimulatedExecutor::at(core::LocalTime when, std::function<void()> action) {
    return timers_.add(std::max(when, now_), std::move(action));
}

bool SimulatedExecutor::run_one(core::LocalTime limit) {
    if (!ready_.empty()) {
        const auto it = ready_.begin() + static_cast<std::ptrdiff_t>(choose_(ready_.size()));
        Runnable* runnable = *it;
        ready_.erase(it);
        if (runnable->run()) schedule(*runnable);
        runnable->release();
        return true;
    }
    const auto next = timers_.next();
    if (!next || *next > limit) {
        now_ = std::max(now_, limit);
        return false;
    }
    now_ = std::max(now_, *next);
    if (auto action = timers_.take_due(now_)) action();
    return true;
}

}  // namespace antiphon::actors
