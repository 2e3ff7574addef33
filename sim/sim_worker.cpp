// A worker process: its memory is on the disk, all else goes with it.
#include "core/step.hpp"
#include "sim/nodes.hpp"

namespace antiphon::sim {
namespace {

constexpr std::uint32_t mailbox_size = 4096;

core::Duration some_offset(Random& random) {
    return random.between(core::Duration{-std::chrono::hours(1)}, core::Duration{std::chrono::hours(1)});
}

}  // namespace

SimWorker::SimWorker(World& world, core::WorkerId id, std::string name, Observer observer)
    : world_(world),
      id_(std::move(id)),
      name_(std::move(name)),
      observer_(std::move(observer)),
      executor_{world.executor, some_offset(world.random), world.random.between(-200e-6, 200e-6)},  // braces: in order
      devices_(executor_, world.executor, world.random) {
    world_.network.attach_worker(
        id_, [this](const core::Message& message) { receive(message); }, [this](bool up) { linked(up); });
}

SimWorker::~SimWorker() {
    if (actor_) actor_.stop();
}

void SimWorker::set_upload(Devices::Upload upload) {
    devices_.attach([this](core::WorkerEvent event) { tell(std::move(event)); }, std::move(upload));
}

void SimWorker::start() {
    world_.trace.line(world_.executor.now(), name_, "starts");
    core::WorkerState state;
    state.memory = disk_;
    actor_ = actors::spawn<WorkerActor::Message>(executor_, {mailbox_size, actors::Overflow::refuse}, [&](const auto&) {
        return std::make_unique<WorkerActor>(executor_, std::move(state), *this);
    });
    starting_ = true;
    tell(core::WorkerStarted{
        {{"speaker", "virtual:speaker", ""}}, {{"mic", "virtual:microphone", ""}}, devices_.crash()});
    world_.network.set_link(id_, true);
}

void SimWorker::crash() {
    world_.trace.line(world_.executor.now(), name_, "CRASHES");
    actor_.stop();
    actor_ = {};
    devices_.crash();
    world_.network.set_link(id_, false);
}

void SimWorker::tick() { tell(core::Tick{}); }

void SimWorker::tell(core::WorkerEvent event) {
    if (actor_) actor_.tell(std::move(event));
}

void SimWorker::receive(const core::Message& message) {
    tell(core::MessageArrived{message, core::ClusterTime{{1}, world_.executor.now().ns}});
}

void SimWorker::linked(bool up) {
    if (!actor_) return;
    tell(core::LinkChanged{up});
    if (up) send(core::Alive{true}, true);
}

void SimWorker::send(core::MessageBody body, bool retain) {
    core::Message message{{}, std::move(body)};
    message.header.id = {id_.value + "-" + std::to_string(++messages_)};
    world_.network.to_coordinator(id_, message, retain);
}

core::Result<void> SimWorker::store(const core::WorkerDraft& draft) {
    const bool durable = draft.next.memory != draft.before.memory;
    // A process whose first write fails ends, and is started again: it starts later.
    if (durable && !std::exchange(starting_, false) && world_.random.chance(world_.disk_failures)) {
        ++world_.disk_failed;
        return core::Error{core::ErrorCode::unavailable, "I/O error"};
    }
    disk_ = draft.next.memory;
    observer_.stepped(*this, draft.next);
    return {};
}

void SimWorker::perform(const core::WorkerEffect& effect, const core::WorkerState&) {
    observer_.effect(*this, effect);
    std::visit(core::Overloaded{[&](const core::SendReport& report) { send(core::Reported{report.document}, true); },
                                [&](const core::SendPong& pong) { send(pong.pong, false); },
                                [&](const auto&) { devices_.perform(effect); }},
               effect);
}

void SimWorker::failed(const core::WorkerEvent& event, const core::Error& why) {
    world_.trace.line(world_.executor.now(), name_, "disk: " + why.what);
    // The broker redelivers what was not acknowledged.
    executor_.at(executor_.now() + std::chrono::milliseconds(100), [this, event] { tell(event); });
}

}  // namespace antiphon::sim
