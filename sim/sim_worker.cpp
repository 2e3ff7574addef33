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
      devices_(executor_, world.executor, world.random),
      drive_(world.random),
      fragility_(world.random) {
    world_.network.attach_worker(
        id_, [this](const core::Message& message) { receive(message); }, [this](bool up) { linked(up); });
}

SimWorker::~SimWorker() = default;

void SimWorker::switch_off() {
    ++life_;
    process_.kill();
    supervisor_.reset();
    devices_.crash();
    world_.network.detach_worker(id_);
}

void SimWorker::set_upload(Devices::Upload upload) {
    devices_.attach([this](core::WorkerEvent event) { process_.tell(std::move(event)); }, std::move(upload));
}

// Two boards reach the same headset; one more is nobody's until it is paired.
core::WorkerStarted SimWorker::inventory(std::vector<core::TrackReport> tracks) {
    const auto headset = "bluetooth:AA:00:00:00:00:0" + std::string(1, static_cast<char>('A' + id_.value.back() % 2));
    return {{{"speaker", "virtual:speaker", ""}, {"headset", headset, ""}},
            {{"mic", "virtual:microphone", ""}},
            std::move(tracks),
            devices_.rendering(),
            devices_.sending()};
}

void SimWorker::start() {
    world_.trace.line(world_.executor.now(), name_, "starts");
    supervisor_.emplace(executor_, name_, core::RestartLimit{},
                        actors::SupervisorHandlers{[this](const std::string&, const std::string& why) {
                                                       world_.trace.line(world_.executor.now(), name_, "anew: " + why);
                                                       observer_.restarted(*this);
                                                   },
                                                   [this](const std::string& why) { give_up(why); }});
    process_.start(supervisor_->spawn<WorkerActor::Message>(
        "decider", {mailbox_size, actors::Overflow::refuse},
        [this, anew = false](const auto&) mutable { return make_actor(std::exchange(anew, true)); }));
    world_.network.set_link(id_, true);
}

actors::MadeActor<WorkerActor::Message> SimWorker::make_actor(bool anew) {
    core::WorkerState state;
    state.memory = disk_;
    std::unique_ptr<actors::Actor<WorkerActor::Message>> actor =
        std::make_unique<WorkerActor>(executor_, std::move(state), *this);
    starting_ = true;
    actor->on_message(core::WorkerEvent{inventory(anew ? devices_.tracks() : devices_.crash())});
    actor->on_message(core::WorkerEvent{core::ClockChanged{{true, 1000, 0}}});
    actor->on_message(core::WorkerEvent{core::BluetoothTold{{"", false, {{"hci0", true, false, ""}}, {}}}});
    if (anew && world_.network.link_up(id_)) actor->on_message(core::WorkerEvent{core::LinkChanged{true}});
    return actor;
}

void SimWorker::give_up(const std::string& why) {
    world_.trace.line(world_.executor.now(), name_, "gives up: " + why);
    world_.executor.at(world_.executor.now(), [this, life = life_] {
        if (life == life_) observer_.gave_up(*this);
    });
}

void SimWorker::crash() {
    world_.trace.line(world_.executor.now(), name_, "CRASHES");
    ++life_;
    process_.kill();
    supervisor_.reset();
    devices_.crash();
    world_.network.set_link(id_, false);
    connection_ = {};
}

void SimWorker::pause() {
    world_.trace.line(world_.executor.now(), name_, "is stopped");
    devices_.pause();
    process_.pause();
}

void SimWorker::resume() {
    world_.trace.line(world_.executor.now(), name_, "continues");
    devices_.resume();
    process_.resume();
}

void SimWorker::tick() {
    if (!paused()) process_.tell(core::WorkerEvent{core::Tick{core::ClusterTime{{1}, world_.executor.now().ns}}});
}

void SimWorker::receive(const core::Message& message) {
    process_.tell(core::WorkerEvent{core::MessageArrived{message, core::ClusterTime{{1}, world_.executor.now().ns}}});
}

void SimWorker::linked(bool up) {
    if (!running()) return;
    process_.tell(core::WorkerEvent{core::LinkChanged{up}});
    if (!up) return;
    connection_ = {disk_.boot, connection_.number + 1};
    world_.network.set_will(id_, {false, connection_});
    send(core::Alive{true, connection_}, true);
}

void SimWorker::send(core::MessageBody body, bool retain) {
    core::Message message{{}, std::move(body)};
    message.header.id = {id_.value + "-" + std::to_string(++messages_)};
    world_.network.to_coordinators(id_, message, retain);
}

void SimWorker::die() {
    world_.trace.line(world_.executor.now(), name_, "dies at its disk");
    world_.executor.at(world_.executor.now(), [this, life = life_] {
        if (life == life_) observer_.died(*this);
    });
}

core::Result<void> SimWorker::store(const core::WorkerDraft& draft) {
    const core::Error refused{core::ErrorCode::unavailable, "I/O error"};
    fragility_.may_throw();
    auto commit = Commit::stored;
    // A process whose first write fails ends, and is started again: it starts later.
    if (draft.next.memory != draft.before.memory)
        commit = drive_.commit(world_.executor.now(), std::exchange(starting_, false));
    if (commit == Commit::refused) return refused;
    if (commit != Commit::died_before_sync || drive_.survives()) disk_ = draft.next.memory;
    if (commit == Commit::stored) {
        fragility_.may_throw();
        observer_.stepped(*this, draft.next);
        return {};
    }
    process_.kill();
    die();
    return refused;
}

void SimWorker::perform(const core::WorkerEffect& effect, const core::WorkerState& state) {
    fragility_.may_throw();
    observer_.effect(*this, effect, state);
    std::visit(core::Overloaded{[&](const core::SendReport& report) { send(core::Reported{report.document}, true); },
                                [&](const core::SendPong& pong) { send(pong.pong, false); },
                                [&](const core::SendOutcome& outcome) { send(outcome.outcome, false); },
                                [&](const auto&) { devices_.perform(effect); }},
               effect);
}

void SimWorker::failed(const core::WorkerEvent& event, const core::Error& why) {
    if (!running()) return;
    if (why.code == core::ErrorCode::internal) return observer_.broken(why.what);
    world_.trace.line(world_.executor.now(), name_, "disk: " + why.what);
    // The broker redelivers what was not acknowledged.
    executor_.at(executor_.now() + std::chrono::milliseconds(100), [this, event, life = life_] {
        if (life == life_) process_.tell(event);
    });
}

}  // namespace antiphon::sim
