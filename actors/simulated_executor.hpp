// Runs actors on a virtual clock, one at a time, in an order that a seed chooses: the same choices, the same run.
#pragma once

#include <functional>
#include <vector>

#include "actors/timer_queue.hpp"

namespace antiphon::actors {

// Not thread-safe: a simulation is one thread.
class SimulatedExecutor final : public Executor {
  public:
    // Of n things that could happen now, which: a number below n. Here the seed decides, and nowhere else.
    using Choose = std::function<std::size_t(std::size_t n)>;

    explicit SimulatedExecutor(Choose choose) : choose_(std::move(choose)) {}
    ~SimulatedExecutor() override;

    core::LocalTime now() const override { return now_; }
    void schedule(Runnable& runnable) override;
    TimerId at(core::LocalTime when, std::function<void()> action) override;
    void cancel(TimerId timer) override { timers_.cancel(timer); }

    // Runs one ready actor; else the clock jumps to the next timer and fires it. False: nothing will ever happen again,
    // or the next timer is after `limit`, and then the clock stands at `limit`.
    bool run_one(core::LocalTime limit);
    void run_until(core::LocalTime limit) {
        while (run_one(limit)) {
        }
    }

  private:
    Choose choose_;
    core::LocalTime now_;
    std::vector<Runnable*> ready_;
    TimerQueue timers_;
};

}  // namespace antiphon::actors
