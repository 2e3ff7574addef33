// The simulated processes: the real actors, with a disk that survives a crash and a network that may not deliver.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "actors/step_actor.hpp"
#include "actors/supervisor.hpp"
#include "core/coordinator.hpp"
#include "core/worker.hpp"
#include "sim/devices.hpp"
#include "sim/disk.hpp"
#include "sim/fragility.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/random.hpp"
#include "sim/skewed_executor.hpp"
#include "sim/sources.hpp"
#include "sim/trace.hpp"

namespace antiphon::sim {

using WorkerActor = actors::StepActor<core::WorkerMachine>;
using CoordinatorActor = actors::StepActor<core::CoordinatorMachine>;

// What the nodes share.
struct World {
    actors::Executor& executor;
    Random& random;
    Trace& trace;
    Network& network;
};

class SimWorker final : public actors::StepWorld<core::WorkerMachine> {
  public:
    struct Observer {
        std::function<void(SimWorker&, const core::WorkerState& state)> stepped;  // after each event
        std::function<void(SimWorker&, const core::WorkerEffect&, const core::WorkerState& state)> effect;
        std::function<void(SimWorker&)> died;                // at a call to its disk
        std::function<void(const std::string& law)> broken;  // that it has noticed itself
        std::function<void(SimWorker&)> restarted;           // by its supervisor, its devices at work
        std::function<void(SimWorker&)> gave_up;
    };

    SimWorker(World& world, core::WorkerId id, std::string name, Observer observer);
    ~SimWorker() override;

    void start();
    void crash();
    // For good.
    void switch_off();
    void pause();
    void resume();
    bool running() const { return process_.running(); }
    bool paused() const { return process_.paused(); }
    void tick();
    void set_upload(Devices::Upload upload);

    const core::WorkerId& id() const { return id_; }
    const std::string& name() const { return name_; }
    const core::WorkerMemory& durable() const { return disk_; }
    Disk& disk() { return drive_; }
    Devices& devices() { return devices_; }
    const Devices& devices() const { return devices_; }
    Fragility& fragility() { return fragility_; }
    core::LocalTime now() const { return executor_.now(); }

    core::Result<void> store(const core::WorkerDraft& draft) override;
    void perform(const core::WorkerEffect& effect, const core::WorkerState& state) override;
    void failed(const core::WorkerEvent& event, const core::Error& why) override;

  private:
    actors::MadeActor<WorkerActor::Message> make_actor(bool anew);
    core::WorkerStarted inventory(std::vector<core::TrackReport> tracks);
    void give_up(const std::string& why);
    void receive(const core::Message& message);
    void send(core::MessageBody body, bool retain);
    void linked(bool up);
    void die();

    World& world_;
    const core::WorkerId id_;
    const std::string name_;
    Observer observer_;
    SkewedExecutor executor_;
    Devices devices_;
    Disk drive_;
    Fragility fragility_;
    core::WorkerMemory disk_;
    std::optional<actors::Supervisor> supervisor_;  // of this life
    Process<WorkerActor::Message> process_;
    bool starting_ = false;
    core::Connection connection_;  // the latest of this life
    std::uint64_t messages_ = 0;
    std::uint64_t life_ = 0;
};

class SimCoordinator final : public actors::StepWorld<core::CoordinatorMachine> {
  public:
    struct Observer {
        std::function<void(SimCoordinator&, const core::CoordinatorDraft&)> stepped;  // before it is stored
        std::function<void(SimCoordinator&, const core::CoordinatorState& durable)> stored;
        std::function<void(const core::CoordinatorEffect&)> effect;
        std::function<void(SimCoordinator&, const core::Answer&)> answered;
        std::function<void(SimCoordinator&)> died;           // at a call to its disk
        std::function<void(const std::string& law)> broken;  // that it has noticed itself
        std::function<void(SimCoordinator&)> restarted;      // by its supervisor
        std::function<void(SimCoordinator&)> gave_up;
    };

    SimCoordinator(World& world, std::string name, core::Limits limits, Observer observer);
    ~SimCoordinator() override;

    void start();
    void crash();
    void pause();
    void resume();
    bool running() const { return process_.running(); }
    bool paused() const { return process_.paused(); }
    bool leads() const { return running() && !paused() && !disk_.cluster.superseded_by; }
    void tick();
    // False: not running, so nobody will answer.
    bool request(core::UserRequest request);
    bool receive_track(core::TrackReceived track);
    // Its disk becomes that of a backup, which was made of `durable`.
    void restore(core::CoordinatorState durable);
    // Of the wall clock, from now on; no decision may depend on it.
    void step_wall(core::Duration by) { wall_error_ += by; }

    const std::string& name() const { return name_; }
    Network::CoordinatorIndex index() const { return index_; }
    Disk& disk() { return drive_; }
    Fragility& fragility() { return fragility_; }
    core::WallTime wall() const { return core::WallTime{world_.executor.now().ns} + wall_error_; }
    // Whom its HTTP server lets in.
    const std::set<core::TokenId>& door() const { return door_; }
    // What the disk holds: only the durable tables are filled.
    const core::CoordinatorState& durable() const { return disk_; }
    const Sources& sources() const { return sources_; }

    void taking(const core::CoordinatorEvent& event) override;
    core::Result<void> store(const core::CoordinatorDraft& draft) override;
    void perform(const core::CoordinatorEffect& effect, const core::CoordinatorState& state) override;
    void failed(const core::CoordinatorEvent& event, const core::Error& why) override;

  private:
    actors::MadeActor<CoordinatorActor::Message> make_actor(bool anew);
    void end_interrupted();
    void give_up(const std::string& why);
    void send(const core::WorkerId& to, core::MessageId id, core::MessageBody body, bool retain,
              std::optional<core::ClusterTime> deadline);
    void write(const core::CoordinatorDraft& draft);
    void die();
    void ask_sources();

    World& world_;
    const std::string name_;
    Observer observer_;
    Network::CoordinatorIndex index_;
    Disk drive_;
    Fragility fragility_;
    Sources sources_;
    core::CoordinatorState disk_;
    std::optional<actors::Supervisor> supervisor_;  // of this life
    std::set<core::RequestId> in_hand_;             // taken by the actor, and not answered
    std::optional<core::CoordinatorState> synced_;  // where a deliberate bug acknowledges what is not
    core::Duration wall_error_{0};
    std::set<core::TokenId> door_;
    std::uint64_t ticks_ = 0;
    Process<CoordinatorActor::Message> process_;
    bool starting_ = false;
    bool dying_ = false;
    bool asking_sources_ = false;
    std::uint64_t life_ = 0;
};

}  // namespace antiphon::sim
