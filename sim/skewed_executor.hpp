// A node's own clock on the shared virtual time: a secret offset and a rate error, applied to all it can read.
#pragma once

#include "actors/executor.hpp"

namespace antiphon::sim {

class SkewedExecutor final : public actors::Executor {
  public:
    // |rate_error| at most 200e-6 (FAULTS).
    SkewedExecutor(actors::Executor& truth, core::Duration offset, double rate_error)
        : truth_(truth), offset_(offset), rate_error_(rate_error) {}

    core::LocalTime now() const override { return to_local(truth_.now()); }
    void schedule(actors::Runnable& runnable) override { truth_.schedule(runnable); }
    actors::TimerId at(core::LocalTime when, std::function<void()> action) override {
        return truth_.at(to_true(when), std::move(action));
    }
    void cancel(actors::TimerId timer) override { truth_.cancel(timer); }

    core::LocalTime to_local(core::LocalTime truth) const { return truth + offset_ + scaled(truth.ns, rate_error_); }
    core::LocalTime to_true(core::LocalTime local) const {
        const auto elapsed = local - offset_;
        return elapsed - scaled(elapsed.ns, rate_error_ / (1 + rate_error_));
    }

  private:
    static core::Duration scaled(std::int64_t ns, double by) {
        return core::Duration{static_cast<std::int64_t>(static_cast<double>(ns) * by)};
    }

    actors::Executor& truth_;
    const core::Duration offset_;
    const double rate_error_;
};

}  // namespace antiphon::sim
