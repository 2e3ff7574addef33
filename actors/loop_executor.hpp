// Runs actors on an Asio loop, on as many threads as run the loop.
#pragma once

#include <memory>

#include "actors/executor.hpp"

namespace boost::asio {
class io_context;
}

namespace antiphon::actors {

// Maps between the node's clock and the loop's: what a timer needs to know of time.
struct LoopTime {
    std::function<core::LocalTime()> now;
    std::function<std::chrono::steady_clock::duration(core::LocalTime)> wait_for;
};

class LoopExecutor final : public Executor {
  public:
    // `threads`: how many threads run `loop`. Both outlive the executor, which is destroyed after the loop has stopped.
    LoopExecutor(boost::asio::io_context& loop, LoopTime time, int threads = 1);
    ~LoopExecutor() override;

    core::LocalTime now() const override;
    void schedule(Runnable& runnable) override;
    TimerId at(core::LocalTime when, std::function<void()> action) override;
    void cancel(TimerId timer) override;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace antiphon::actors
