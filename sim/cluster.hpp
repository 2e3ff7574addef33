// A whole simulated cluster: coordinators, workers, what they ask of one another, and the checker that watches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/simulated_executor.hpp"
#include "sim/checker.hpp"
#include "sim/nodes.hpp"

namespace antiphon::sim {

class Cluster {
  public:
    // Answers come to `heard`.
    using Answered = std::function<void(const core::Result<core::AnswerBody>&)>;

    Cluster(Random& random, Trace::Sink sink);

    // ---- time
    core::LocalTime now() const { return executor_.now(); }
    void run_for(core::Duration duration) { executor_.run_until(executor_.now() + duration); }
    void at(core::Duration later, std::function<void()> action) {
        executor_.at(executor_.now() + later, std::move(action));
    }
    void every(core::Duration interval, const std::function<void()>& action);

    // ---- coordinators; the first is the original, a second is one that was restored from a backup
    SimCoordinator& coordinator() { return *coordinators_.back(); }  // that people ask
    std::vector<std::unique_ptr<SimCoordinator>>& coordinators() { return coordinators_; }
    void crash(SimCoordinator& coordinator);
    void keep_backup() { backup_ = coordinator().durable(); }
    bool has_backup() const { return backup_.has_value(); }
    // Another coordinator, from the backup; people ask that one from now on. The other one may still run.
    void restore_backup();

    // ---- workers
    std::vector<std::unique_ptr<SimWorker>>& workers() { return workers_; }
    SimWorker& some_worker() { return *workers_[random_.below(workers_.size())]; }
    void crash(SimWorker& worker);
    // Who is let in by this token; nothing: the door is shut for it.
    std::optional<core::Principal> let_in(const core::TokenId& token);
    // By the front door. `replaces`: the name of the worker whose place it takes.
    void join(const std::string& name, std::optional<std::string> replaces = std::nullopt);

    // ---- requests
    void ask(core::RequestBody body, std::optional<core::Idempotency> idempotency = {},
             core::Principal principal = {"user", core::PermissionSet::everything(), {}}, Answered done = {});
    std::function<void(const core::AnswerBody&)> on_done;  // each that succeeded

    Network& network() { return network_; }
    Checker& checker() { return checker_; }
    Trace& trace() { return trace_; }
    std::uint64_t requests() const { return requests_; }
    std::uint64_t crashes() const { return crashes_; }
    std::uint64_t disk_refusals() const;
    std::uint64_t deaths_at_disk() const;

  private:
    void add_coordinator(const std::string& name);
    void add_worker(const core::WorkerId& id, const std::string& name);
    // Asks again while the answer may be lost: it is the same board, by its key.
    void join_with(const std::string& digest, const std::string& name, int tries);
    void answered(SimCoordinator& coordinator, const core::Answer& answer);
    // Workers that are members no more are switched off.
    void reap();
    void upload(core::WorkerId worker, const core::RecordingId& recording, const std::string& input,
                const std::function<void()>& done);
    void hand_in(core::WorkerId worker, const core::RecordingId& recording, const std::string& input,
                 const std::function<void()>& done);
    SimWorker* find(const core::WorkerId& id);

    Random& random_;
    actors::SimulatedExecutor executor_;
    Trace trace_;
    Network network_;
    World world_;
    Checker checker_;
    std::vector<std::unique_ptr<SimCoordinator>> coordinators_;
    std::vector<std::unique_ptr<SimWorker>> workers_;
    std::vector<std::unique_ptr<SimWorker>> gone_;  // what they had set in motion may still come to its time
    std::optional<core::CoordinatorState> backup_;
    std::map<core::RequestId, std::pair<std::string, Answered>> waiting_;  // with the coordinator that was asked
    core::RequestId last_request_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t crashes_ = 0;
    std::uint64_t joins_ = 0;
};

}  // namespace antiphon::sim
