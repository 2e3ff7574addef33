// The simulated processes: the real actors, with a disk that survives a crash and a network that may not deliver.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/step_actor.hpp"
#include "core/coordinator.hpp"
#include "core/worker.hpp"
#include "sim/devices.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"
#include "sim/skewed_executor.hpp"
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
    double disk_failures = 0;  // probability that a commit fails
    std::uint64_t disk_failed = 0;
};

class SimWorker final : public actors::StepWorld<core::WorkerMachine> {
  public:
    // After each event with the state before and after it; `effect` for each effect.
    struct Observer {
        std::function<void(SimWorker&, const core::WorkerState& state)> stepped;
        std::function<void(SimWorker&, const core::WorkerEffect&)> effect;
    };

    SimWorker(World& world, core::WorkerId id, std::string name, Observer observer);
    ~SimWorker() override;

    void start();
    void crash();
    bool running() const { return static_cast<bool>(actor_); }
    void tick();
    void set_upload(Devices::Upload upload);

    const core::WorkerId& id() const { return id_; }
    const std::string& name() const { return name_; }
    const core::WorkerMemory& durable() const { return disk_; }

    core::Result<void> store(const core::WorkerDraft& draft) override;
    void perform(const core::WorkerEffect& effect, const core::WorkerState& state) override;
    void failed(const core::WorkerEvent& event, const core::Error& why) override;

  private:
    void tell(core::WorkerEvent event);
    void receive(const core::Message& message);
    void send(core::MessageBody body, bool retain);
    void linked(bool up);

    World& world_;
    const core::WorkerId id_;
    const std::string name_;
    Observer observer_;
    SkewedExecutor executor_;
    Devices devices_;
    core::WorkerMemory disk_;
    actors::Ref<WorkerActor::Message> actor_;
    bool starting_ = false;
    std::uint64_t messages_ = 0;
};

class SimCoordinator final : public actors::StepWorld<core::CoordinatorMachine> {
  public:
    struct Observer {
        std::function<void(const core::CoordinatorState& durable)> stored;
        std::function<void(const core::Answer&)> answered;
    };

    SimCoordinator(World& world, Observer observer);
    ~SimCoordinator() override;

    void start();
    void crash();
    bool running() const { return static_cast<bool>(actor_); }
    void tick();
    // False: not running, so nobody will answer.
    bool request(core::RequestId id, core::RequestBody body, std::optional<core::Idempotency> idempotency = {});
    bool receive_track(core::TrackReceived track);

    // What the disk holds: only the durable tables are filled.
    const core::CoordinatorState& durable() const { return disk_; }

    core::Result<void> store(const core::CoordinatorDraft& draft) override;
    void perform(const core::CoordinatorEffect& effect, const core::CoordinatorState& state) override;
    void failed(const core::CoordinatorEvent& event, const core::Error& why) override;

  private:
    void tell(core::CoordinatorEvent event);
    void send(const core::WorkerId& to, core::MessageId id, core::MessageBody body, bool retain,
              std::optional<core::ClusterTime> deadline);

    World& world_;
    Observer observer_;
    core::CoordinatorState disk_;
    actors::Ref<CoordinatorActor::Message> actor_;
    bool starting_ = false;
};

}  // namespace antiphon::sim
