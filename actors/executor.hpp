// Who runs the actors, and when: one interface, with threads (loop_executor.hpp) or a virtual clock
// (simulated_executor.hpp) behind it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "core/units.hpp"

namespace antiphon::actors {

// Something that can be run, counted by reference so that it outlives being scheduled.
class Runnable {
  public:
    Runnable() = default;
    virtual ~Runnable() = default;
    Runnable(const Runnable&) = delete;
    Runnable& operator=(const Runnable&) = delete;

    // Works for a bounded while; true: run me again.
    virtual bool run() = 0;

    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;  // tidy: allow naked-new because the last reference owns it
    }

    Runnable* next_ready = nullptr;  // the executor's, while scheduled

  private:
    std::atomic<std::uint32_t> references_{0};
};

using TimerId = std::uint64_t;

class Executor {
  public:
    virtual ~Executor() = default;

    // Local time of the node. Thread-safe.
    virtual core::LocalTime now() const = 0;
    // Runs it soon, never from within this call. Holds a reference until it has run. Thread-safe.
    virtual void schedule(Runnable& runnable) = 0;
    // Calls `action` once at `when` or soon after, on the executor. Thread-safe.
    virtual TimerId at(core::LocalTime when, std::function<void()> action) = 0;
    // A timer that has fired already is left alone; its action may still be under way. Thread-safe.
    virtual void cancel(TimerId timer) = 0;
};

}  // namespace antiphon::actors
