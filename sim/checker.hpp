// Watches a simulated cluster and remembers the first law that was broken.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/invariants.hpp"
#include "sim/nodes.hpp"

namespace antiphon::sim {

struct CheckCounters {
    std::uint64_t worker_checks = 0;
    std::uint64_t coordinator_checks = 0;
    std::uint64_t answers = 0;
    std::uint64_t refusals = 0;
    std::uint64_t pongs = 0;
    std::uint64_t granted = 0;       // maintenance
    std::uint64_t refused_busy = 0;  // maintenance of a worker that plays or records
    std::uint64_t played = 0;        // sessions that were heard on a worker
    std::uint64_t uploaded = 0;
};

class Checker {
  public:
    void add_worker(const core::WorkerId& id, const core::WorkerState& initial) { workers_[id] = initial; }

    void worker_stepped(SimWorker& worker, const core::WorkerState& state, const core::CoordinatorState& durable);
    void worker_effect(SimWorker& worker, const core::WorkerEffect& effect);
    void worker_crashed(const core::WorkerId& id);
    void coordinator_stored(const core::CoordinatorState& durable);
    void requested(core::RequestId id, const core::RequestBody& body);
    void answered(const core::Answer& answer, const core::CoordinatorState& durable);
    // Requests of a coordinator that died have no answer to expect.
    void coordinator_crashed() { open_.clear(); }
    void uploaded() { ++counters_.uploaded; }
    // At the end of the quiet phase: nothing is left over, and all are what they shall be.
    void finish(const SimWorker& worker, const core::CoordinatorState& durable);
    void expect_all_answered();

    void fail(std::string law) {
        if (!broken_) broken_ = std::move(law);
    }
    const std::optional<std::string>& broken() const { return broken_; }
    const CheckCounters& counters() const { return counters_; }

  private:
    void note(const core::Broken& broken) {
        if (broken) fail(*broken);
    }

    std::map<core::WorkerId, core::WorkerState> workers_;
    core::CoordinatorState coordinator_;
    std::set<std::pair<core::WorkerId, core::MessageId>> effects_;  // commands that had their effect (I2)
    std::map<core::RequestId, core::RequestBody> open_;
    std::set<core::WorkerId> granted_;
    std::optional<std::string> broken_;
    CheckCounters counters_;
};

}  // namespace antiphon::sim
