// A worker process: the actor that decides, and everything that carries out what it decides.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/loop_executor.hpp"
#include "actors/step_actor.hpp"
#include "actors/supervisor.hpp"
#include "adapters/files/blob_folder.hpp"
#include "adapters/json/json.hpp"
#include "adapters/mac/message_key.hpp"
#include "adapters/mqtt/mqtt_bus.hpp"
#include "adapters/system/proc.hpp"
#include "apps/node/forgeries.hpp"
#include "apps/node/topics.hpp"
#include "apps/node/work.hpp"
#include "apps/worker/clock_sync.hpp"
#include "apps/worker/enrolment.hpp"
#include "apps/worker/exchange.hpp"
#include "apps/worker/inventory.hpp"
#include "apps/worker/live_sessions.hpp"
#include "apps/worker/membership.hpp"
#include "apps/worker/output.hpp"
#include "apps/worker/paired_outputs.hpp"
#include "apps/worker/segment_sender.hpp"
#include "apps/worker/sent_inputs.hpp"
#include "apps/worker/tracks.hpp"
#include "core/worker.hpp"
#include "ports/store.hpp"

namespace antiphon::worker {

using WorkerActor = actors::StepActor<core::WorkerMachine>;

struct Parts {
    boost::asio::io_context& io;
    const ports::Clock& clock;
    ports::Store& store;
    files::BlobFolder& cache;
    Identity identity;
    mac::MessageKey key;        // of the identity
    mqtt::MqttSettings broker;  // address, login and trust
    bool foreign_broker;        // of somebody else: it lets in anybody, and proves nobody's membership
    // From the store: for the first actor, and for one that takes the place of another that failed.
    std::function<core::Result<core::WorkerState>()> load;
    core::Epoch epoch;                          // the highest that it knows
    std::unique_ptr<BluetoothBoard> bluetooth;  // none: this board drives none
    std::vector<std::unique_ptr<Output>> outputs;
    std::vector<Input> inputs;
};

// On the loop's thread, all of it but the devices' callbacks.
class WorkerApp final : public actors::StepWorld<core::WorkerMachine> {
  public:
    WorkerApp(Parts parts, const node::WorkerOptions& options);
    ~WorkerApp() override;

    // `cannot_go_on` is called when the first write fails, or its actor too often; then the process has to end.
    using CannotGoOn = std::function<void(const core::Error&)>;
    void start(CannotGoOn cannot_go_on);
    // Works through what was said to it, says goodbye and calls `done` when that is on its way.
    void stop(std::function<void()> done);

    // Runs with the state between two events.
    void look(WorkerActor::Look look) { actor_.tell(std::move(look)); }

    void taking(const core::WorkerEvent& event) override;
    void left() noexcept override { work_.end(); }
    core::Result<void> store(const core::WorkerDraft& draft) override;
    void perform(const core::WorkerEffect& effect, const core::WorkerState& state) override;
    void failed(const core::WorkerEvent& event, const core::Error& why) override;

  private:
    void operator()(const core::FetchBlob& fetch);
    void operator()(const core::Render& render);
    void operator()(const core::StopRender& stop);
    void operator()(const core::SetOutput& set);
    void operator()(const core::SendInput& send) { sent_inputs_.send(send.uplink); }
    void operator()(const core::StopInput& stop) { sent_inputs_.stop(stop.session); }
    void operator()(const core::Capture& capture);
    void operator()(const core::FinishCapture& finish);
    void operator()(const core::UploadTrack& upload);
    void operator()(const core::DiscardTrack& discard);
    void operator()(const core::SendReport& report);
    void operator()(const core::SendPong& pong) { publish("reply", pong.pong, false); }
    void operator()(const core::DriveDevices& drive) { paired_.drive(drive); }
    void operator()(const core::ObeyOrder& obey);
    void operator()(const core::SendOutcome& outcome) { publish("reply", outcome.outcome, false); }

    actors::MadeActor<WorkerActor::Message> make_actor();
    bool tell(core::WorkerEvent event) { return actor_.tell(std::move(event)); }  // false: there is no room for it
    void after(core::Duration wait, std::function<void()> action);
    void every(core::Duration interval, const std::function<void()>& action);
    void receive(const ports::BusMessage& message);
    void linked(bool up, const std::string& reason);
    ports::BusMessage last_will();
    void ask_whether_member(const Membership::Heard& heard);
    void take_membership(bool member);
    bool is_vouched() const { return linked_ && !parts_.foreign_broker; }
    void take_map(const media::ClockMap& map);
    void publish(const std::string& leaf, core::MessageBody body, bool retain);
    void look_at_devices() {
        inventory_.tell_changes([this](core::EndpointChanged change) { return tell(std::move(change)); });
    }
    void poll();
    void send_closed();
    void keep_polling();
    void say_goodbye(const std::function<void()>& done);
    std::vector<Output*> outputs_of(const core::DesiredSession& session);
    core::SessionReport session_report(const core::DesiredSession& session);
    core::WorkerStarted beginning();

    Parts parts_;
    CannotGoOn cannot_go_on_;
    actors::LoopExecutor executor_;
    actors::Supervisor supervisor_;
    node::Topics topics_;
    http::Client client_;
    http::Client segment_client_;  // does not keep live audio waiting
    Exchange exchange_;
    Tracks tracks_;
    SegmentSender sender_;
    SentInputs sent_inputs_;
    Inventory inventory_;
    PairedOutputs paired_;
    ClockSync clock_sync_;
    LiveSessions live_;
    std::unique_ptr<mqtt::MqttBus> bus_;
    actors::Ref<WorkerActor::Message> actor_;
    std::map<core::SessionId, core::DesiredSession> rendering_;
    std::map<core::BlobHash, std::string> fetching_for_;  // the trace of who wanted it last; until it is fetched
    std::set<core::BlobHash> wanted_;                     // by the desired document: the cache keeps them
    node::Forgeries forged_;
    json::DecodeCounters decoded_;
    core::Epoch epoch_;  // the highest seen, for envelopes
    std::uint64_t messages_ = 0;
    core::ClockReport clock_;  // as last told
    system::Wakeups wakeups_;
    bool linked_ = false;
    Membership membership_;
    bool expelled_ = false;  // as the coordinator last said
    core::Boot boot_;
    core::Connection connection_;  // the latest that was tried
    node::Work work_;
    bool stopping_ = false;
    bool polling_ = false;
};

}  // namespace antiphon::worker
