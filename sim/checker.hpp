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
    std::uint64_t reports_checked = 0;  // I15
    std::uint64_t answers = 0;
    std::uint64_t refusals = 0;
    std::uint64_t denied = 0;     // I21
    std::uint64_t conflicts = 0;  // I16: of versions
    std::uint64_t repeated = 0;   // I2: a request that was answered before
    std::uint64_t pongs = 0;
    std::uint64_t granted = 0;        // maintenance
    std::uint64_t refused_busy = 0;   // maintenance of a worker that plays or records
    std::uint64_t played = 0;         // sessions that were heard on a worker
    std::uint64_t shared_played = 0;  // on a device that two boards reach (I5)
    std::uint64_t paired = 0;         // devices that became outputs
    std::uint64_t uploaded = 0;       // I13
    std::uint64_t scheduled = 0;      // recordings that a schedule began
    std::uint64_t superseded = 0;     // coordinators that another one has overtaken
    std::uint64_t restarts = 0;       // of actors by their supervisors (I19)
    std::uint64_t gave_up = 0;        // supervisors that left it to the process
    std::uint64_t let_in = 0;         // requests with a token that succeeded
    std::uint64_t shut_out = 0;       // requests with a token that was over
    std::uint64_t sources = 0;        // live ones that were begun
    std::uint64_t listened = 0;       // requests to listen that were granted
    std::uint64_t inputs_sent = 0;    // to one of them
};

class Checker {
  public:
    void add_worker(const core::WorkerId& id) { workers_[id] = {}; }
    void remove_worker(const core::WorkerId& id);
    // Of the cluster that leads, as is stored. A board that was removed is nobody's, whatever it still drives until it
    // is taken away.
    void set_members(const core::CoordinatorState& durable);

    void worker_stepped(const core::WorkerId& id, const core::WorkerState& state);
    void worker_effect(SimWorker& worker, const core::WorkerEffect& effect, const core::WorkerState& state);
    void worker_crashed(const core::WorkerId& id);
    // Its decisions begin anew; its devices go on.
    void worker_restarted(const core::WorkerId& id);

    void coordinator_stepped(const core::CoordinatorDraft& draft);
    void coordinator_effect(const core::CoordinatorEffect& effect);
    void coordinator_stored(const std::string& name, const core::CoordinatorState& durable);
    // It starts from a backup: what was acknowledged since that was made is gone, as its operator knows.
    void coordinator_restored(const std::string& name, const core::CoordinatorState& durable);

    // `name`: of the coordinator that is asked.
    void requested(const std::string& name, const core::UserRequest& request, core::LocalTime now,
                   const core::CoordinatorState& durable);
    // A door lets in whom the disk lets in; for a moment between the two it may not.
    void check_door(const std::string& name, const std::set<core::TokenId>& door,
                    const core::CoordinatorState& durable);
    void shut_out() { ++counters_.shut_out; }
    // `leads`: it is the one that people ask now; what another one writes or grants means nothing.
    void answered(const core::Answer& answer, const core::CoordinatorState& durable, bool leads);
    // Requests of a coordinator that died have no answer to expect.
    void coordinator_crashed(const std::string& name);
    // It answers nobody while it is stopped; what is asked of a worker meanwhile waits for it after that.
    void coordinator_paused(const std::string& name, core::LocalTime now);
    // Every request has had its end by its deadline and five seconds.
    void check_deadlines(core::LocalTime now);
    // A supervisor has made its actor anew, or leaves it to the process; `name` is the process's, `now` its own time.
    void restarted(const std::string& name, core::LocalTime now);
    void gave_up(const std::string& name);
    void process_ended(const std::string& name) { restarts_.erase(name); }
    void uploaded(const core::TrackReceived& track, const Devices::File* file, const core::CoordinatorState& durable);

    // At the end of the quiet phase: nothing is left over, and all are what they shall be.
    void finish(const SimWorker& worker, const core::CoordinatorState& durable);
    // Of the one that leads: it has those sources open, and begun, that its sessions want.
    void finish(const SimCoordinator& coordinator, core::LocalTime now);
    void expect_all_answered();

    void fail(std::string law) {
        if (!broken_) broken_ = std::move(law);
    }
    const std::optional<std::string>& broken() const { return broken_; }
    const CheckCounters& counters() const { return counters_; }

  private:
    struct Open {
        std::string coordinator;
        core::UserRequest request;
        core::LocalTime due;      // its answer
        bool token_over = false;  // when it was asked: what was begun before may end well
        bool told_over = false;
    };

    void note(const core::Broken& broken) {
        if (broken) fail(*broken);
    }
    void check_token(const Open& open, const core::Result<core::AnswerBody>& body);
    void check_devices(const core::WorkerId& id, const core::WorkerState& state);
    void check_refusal(const core::UserRequest& request, const core::Error& error);
    void check_answer(const core::UserRequest& request, const core::AnswerBody& body,
                      const core::CoordinatorState& durable);
    void check_write(const core::UserRequest& request);
    void check_grant(const core::UserRequest& request, const core::AnswerBody& body);
    void check_once(const core::UserRequest& request, const core::AnswerBody& body);

    std::map<core::WorkerId, core::WorkerState> workers_;
    std::map<std::string, core::CoordinatorState> coordinators_;    // by name, as last stored
    std::map<core::WorkerId, core::Generation> newest_;             // that was ever durable
    core::Epoch highest_;                                           // that was ever durable
    std::set<std::pair<core::WorkerId, core::MessageId>> effects_;  // commands that had their effect (I2)
    std::map<std::string, std::string> made_;                       // by key and fingerprint: what was made (I2)
    std::set<std::pair<std::string, std::uint64_t>> overwritten_;   // versions of zones (I16)
    std::map<std::string, core::LocalTime> invited_;                // by digest (I18)
    std::map<std::string, std::set<core::WorkerId>> drivers_;       // by shared device, members alone (I5)
    std::set<core::WorkerId> removed_;                              // and still at work
    std::map<core::RequestId, Open> open_;
    std::set<core::WorkerId> granted_;
    std::set<core::TokenId> over_;     // whoever came with them was told that they are over (I20)
    std::map<std::string, int> ajar_;  // by coordinator: how often in succession its door was wrong
    std::map<std::string, std::vector<core::LocalTime>> restarts_;  // of this life of each process (I19)
    std::optional<std::string> broken_;
    CheckCounters counters_;
};

}  // namespace antiphon::sim
