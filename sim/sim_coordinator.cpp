// The coordinator process: its rows are on the disk, what the workers said is not.
#include "core/step.hpp"
#include "sim/nodes.hpp"

namespace antiphon::sim {
namespace {

constexpr std::uint32_t mailbox_size = 16384;

void store_tables(const core::CoordinatorDraft& draft, core::CoordinatorState& disk) {
    disk.cluster = draft.cluster;
    draft.workers.apply_to(disk.workers);
    draft.sessions.apply_to(disk.sessions);
    draft.recordings.apply_to(disk.recordings);
    draft.zones.apply_to(disk.zones);
    draft.outputs.apply_to(disk.outputs);
    draft.invitations.apply_to(disk.invitations);
    draft.requests.apply_to(disk.requests);
    draft.tombstones.apply_to(disk.tombstones);
    draft.holds.apply_to(disk.holds);
    draft.journal.apply_to(disk.journal);
}

bool is_durable(const core::CoordinatorDraft& draft) {
    bool any = false;
    draft.each_durable([&](const char*, const std::string&, const auto*) { any = true; });
    return any;
}

}  // namespace

SimCoordinator::SimCoordinator(World& world, Observer observer) : world_(world), observer_(std::move(observer)) {
    world_.network.attach_coordinator(
        [this](const core::WorkerId& from, const core::Message& message) { tell(core::WorkerMessage{from, message}); },
        [this] { tell(core::BusConnected{}); });
}

SimCoordinator::~SimCoordinator() {
    if (actor_) actor_.stop();
}

void SimCoordinator::start() {
    world_.trace.line(world_.executor.now(), "coordinator", "starts");
    actor_ = actors::spawn<CoordinatorActor::Message>(
        world_.executor, {mailbox_size, actors::Overflow::refuse}, [&](const auto&) {
            return std::make_unique<CoordinatorActor>(world_.executor, core::CoordinatorState(disk_), *this);
        });
    starting_ = true;
    tell(core::CoordinatorStarted{{1}, {}});
    world_.network.set_coordinator_link(true);
}

void SimCoordinator::crash() {
    world_.trace.line(world_.executor.now(), "coordinator", "CRASHES");
    actor_.stop();
    actor_ = {};
    world_.network.set_coordinator_link(false);
}

void SimCoordinator::tick() { tell(core::ClusterTick{world_.executor.now().ns}); }

void SimCoordinator::tell(core::CoordinatorEvent event) {
    if (actor_) actor_.tell(std::move(event));
}

bool SimCoordinator::request(core::RequestId id, core::RequestBody body, std::optional<core::Idempotency> idempotency) {
    if (!actor_) return false;
    tell(core::UserRequest{id,
                           std::move(body),
                           core::WallTime{world_.executor.now().ns},
                           std::move(idempotency),
                           {"user", core::PermissionSet::everything()}});
    return true;
}

bool SimCoordinator::receive_track(core::TrackReceived track) {
    if (!actor_) return false;
    tell(std::move(track));
    return true;
}

core::Result<void> SimCoordinator::store(const core::CoordinatorDraft& draft) {
    if (!is_durable(draft)) return {};
    // A process whose first write fails ends, and is started again: it starts later.
    if (!std::exchange(starting_, false) && world_.random.chance(world_.disk_failures)) {
        ++world_.disk_failed;
        return core::Error{core::ErrorCode::unavailable, "I/O error"};
    }
    store_tables(draft, disk_);
    observer_.stored(disk_);
    return {};
}

void SimCoordinator::send(const core::WorkerId& to, core::MessageId id, core::MessageBody body, bool retain,
                          std::optional<core::ClusterTime> deadline) {
    core::Message message{{}, std::move(body)};
    message.header.id = std::move(id);
    message.header.epoch = disk_.cluster.epoch;
    message.header.deadline = deadline;
    world_.network.to_worker(to, message, retain);
}

void SimCoordinator::perform(const core::CoordinatorEffect& effect, const core::CoordinatorState&) {
    std::visit(
        core::Overloaded{
            [&](const core::PublishDesired& publish) {
                send(publish.worker, publish.id, core::Desired{publish.document}, true, {});
            },
            [&](const core::PublishPing& ping) { send(ping.worker, ping.id, core::Ping{}, false, ping.deadline); },
            [&](const core::AdmitWorker&) {}, [&](const core::DismissWorker&) {},
            [&](const core::Answer& answer) { observer_.answered(answer); },
            [&](const core::Announce& announce) {
                world_.trace.line(world_.executor.now(), "coordinator",
                                  announce.entry.topic + " " + announce.entry.object + ": " + announce.entry.text);
            }},
        effect);
}

void SimCoordinator::failed(const core::CoordinatorEvent& event, const core::Error& why) {
    world_.trace.line(world_.executor.now(), "coordinator", "disk: " + why.what);
    if (const auto* request = std::get_if<core::UserRequest>(&event)) {
        observer_.answered({request->id, why});
        return;
    }
    if (const auto* track = std::get_if<core::TrackReceived>(&event)) {
        observer_.answered({track->request, why});
        return;
    }
    // A message is redelivered, for the broker has no acknowledgement of it.
    world_.executor.at(world_.executor.now() + std::chrono::milliseconds(100), [this, event] { tell(event); });
}

}  // namespace antiphon::sim
