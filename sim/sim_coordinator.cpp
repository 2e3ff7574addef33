// The coordinator process: its rows are on the disk, what the workers said is not.
#include "core/mutants.hpp"
#include "core/step.hpp"
#include "sim/nodes.hpp"

namespace antiphon::sim {
namespace {

constexpr std::uint32_t mailbox_size = 16384;
constexpr std::uint64_t calendar_ticks = 5;
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t short_week_ns = 15 * ns_per_s;

bool is_durable(const core::CoordinatorDraft& draft) {
    bool any = false;
    draft.each_durable([&](const char*, const std::string&, const auto*) { any = true; });
    return any;
}

// The calendar of a world that lasts 90 s: one date, on which the run begins, and weeks of 15 s.
std::optional<core::WallTime> next_of(const core::CalendarRule& rule, core::WallTime after) {
    const auto in_week = rule.second_of_day * ns_per_s;
    if (rule.date) return in_week > after.ns ? std::optional(core::WallTime{in_week}) : std::nullopt;
    auto week = after.ns / short_week_ns - 1;
    while (week * short_week_ns + in_week % short_week_ns <= after.ns) ++week;
    return core::WallTime{week * short_week_ns + in_week % short_week_ns};
}

}  // namespace

SimCoordinator::SimCoordinator(World& world, std::string name, core::Limits limits, Observer observer)
    : world_(world),
      name_(std::move(name)),
      observer_(std::move(observer)),
      index_(world.network.attach_coordinator(
          [this](const core::WorkerId& from, const core::Message& message) {
              process_.tell(core::CoordinatorEvent{core::WorkerMessage{from, message}});
          },
          [this] { process_.tell(core::CoordinatorEvent{core::BusConnected{}}); })),
      drive_(world.random),
      fragility_(world.random),
      sources_(world.executor, world.random) {
    sources_.attach([this](core::CoordinatorEvent event) { process_.tell(std::move(event)); });
    disk_.limits = limits;
}

SimCoordinator::~SimCoordinator() = default;

void SimCoordinator::start() {
    world_.trace.line(world_.executor.now(), name_, "starts");
    starting_ = true;
    dying_ = asking_sources_ = false;
    in_hand_.clear();
    supervisor_.emplace(world_.executor, name_, core::RestartLimit{},
                        actors::SupervisorHandlers{[this](const std::string&, const std::string& why) {
                                                       world_.trace.line(world_.executor.now(), name_, "anew: " + why);
                                                       observer_.restarted(*this);
                                                   },
                                                   [this](const std::string& why) { give_up(why); }});
    process_.start(supervisor_->spawn<CoordinatorActor::Message>(
        "decider", {mailbox_size, actors::Overflow::refuse},
        [this, anew = false](const auto&) mutable { return make_actor(std::exchange(anew, true)); }));
    world_.network.set_coordinator_link(index_, true);
}

actors::MadeActor<CoordinatorActor::Message> SimCoordinator::make_actor(bool anew) {
    if (anew) end_interrupted();
    std::unique_ptr<actors::Actor<CoordinatorActor::Message>> actor =
        std::make_unique<CoordinatorActor>(world_.executor, core::CoordinatorState(disk_), *this);
    starting_ = true;
    door_.clear();
    for (const auto& [id, row] : disk_.tokens.rows())
        if (!row->ended) door_.insert(id);
    actor->on_message(core::CoordinatorEvent{core::CoordinatorStarted{{1}, wall()}});
    if (anew && world_.network.coordinator_link_up(index_)) {
        world_.network.repeat_retained(index_);
        actor->on_message(core::CoordinatorEvent{core::BusConnected{}});
    }
    return actor;
}

void SimCoordinator::end_interrupted() {
    const core::Error lost{core::ErrorCode::unavailable, "interrupted"};
    for (const auto request : std::exchange(in_hand_, {})) observer_.answered(*this, {request, lost});
}

void SimCoordinator::give_up(const std::string& why) {
    dying_ = true;
    world_.trace.line(world_.executor.now(), name_, "gives up: " + why);
    world_.executor.at(world_.executor.now(), [this, life = life_] {
        if (life == life_) observer_.gave_up(*this);
    });
}

void SimCoordinator::taking(const core::CoordinatorEvent& event) {
    if (const auto* request = std::get_if<core::UserRequest>(&event)) in_hand_.insert(request->id);
    if (const auto* track = std::get_if<core::TrackReceived>(&event)) in_hand_.insert(track->request);
}

void SimCoordinator::crash() {
    world_.trace.line(world_.executor.now(), name_, "CRASHES");
    ++life_;
    process_.kill();
    supervisor_.reset();
    sources_.crash();
    if (synced_) disk_ = *synced_;
    world_.network.set_coordinator_link(index_, false);
}

void SimCoordinator::pause() {
    world_.trace.line(world_.executor.now(), name_, "is stopped");
    process_.pause();
}

void SimCoordinator::resume() {
    world_.trace.line(world_.executor.now(), name_, "continues");
    process_.resume();
}

void SimCoordinator::restore(core::CoordinatorState durable) {
    const auto limits = disk_.limits;
    disk_ = std::move(durable);
    disk_.limits = limits;
    const auto jump = world_.random.below(1'000'000'000);
    disk_.cluster = core::restored(disk_.cluster, jump);
    const auto before = disk_.workers;
    for (const auto& [id, row] : before.rows())
        disk_.workers.put(id, std::make_shared<const core::WorkerRow>(core::restored(*row, jump)));
    synced_.reset();
}

void SimCoordinator::tick() {
    if (paused()) return;
    process_.tell(core::CoordinatorEvent{core::AsksTick{}});
    process_.tell(core::CoordinatorEvent{core::ClusterTick{wall()}});
    if (++ticks_ % calendar_ticks == 0) process_.tell(core::CoordinatorEvent{core::CalendarTick{wall()}});
}

bool SimCoordinator::request(core::UserRequest request) {
    if (!running()) return false;
    request.wall = wall();
    process_.tell(core::CoordinatorEvent{std::move(request)});
    return true;
}

bool SimCoordinator::receive_track(core::TrackReceived track) {
    if (!running()) return false;
    process_.tell(core::CoordinatorEvent{std::move(track)});
    return true;
}

void SimCoordinator::write(const core::CoordinatorDraft& draft) {
    // A deliberate bug's page cache: it reaches the disk now and then.
    if (core::mutated(core::Mutant::acknowledge_unsynced) && (!synced_ || world_.random.chance(0.2))) synced_ = disk_;
    disk_.cluster = draft.cluster;
    draft.workers.apply_to(disk_.workers);
    draft.sessions.apply_to(disk_.sessions);
    draft.recordings.apply_to(disk_.recordings);
    draft.marks.apply_to(disk_.marks);
    draft.listens.apply_to(disk_.listens);
    draft.schedules.apply_to(disk_.schedules);
    draft.zones.apply_to(disk_.zones);
    draft.outputs.apply_to(disk_.outputs);
    draft.invitations.apply_to(disk_.invitations);
    draft.tokens.apply_to(disk_.tokens);
    draft.requests.apply_to(disk_.requests);
    draft.tombstones.apply_to(disk_.tombstones);
    draft.holds.apply_to(disk_.holds);
    draft.pairings.apply_to(disk_.pairings);
    draft.journal.apply_to(disk_.journal);
}

// Right after the call that it dies at: what it holds in its hands is gone.
void SimCoordinator::die() {
    dying_ = true;
    world_.trace.line(world_.executor.now(), name_, "dies at its disk");
    world_.executor.at(world_.executor.now(), [this, life = life_] {
        if (life == life_) observer_.died(*this);
    });
}

core::Result<void> SimCoordinator::store(const core::CoordinatorDraft& draft) {
    const core::Error refused{core::ErrorCode::unavailable, "I/O error"};
    if (dying_) return refused;
    fragility_.may_throw();
    observer_.stepped(*this, draft);
    if (!is_durable(draft)) return {};
    // A process whose first write fails ends, and is started again: it starts later.
    const auto commit = drive_.commit(world_.executor.now(), std::exchange(starting_, false));
    if (commit == Commit::refused) return refused;
    const bool there = commit != Commit::died_before_sync || drive_.survives();
    if (there) write(draft);
    if (there) observer_.stored(*this, disk_);
    if (commit == Commit::stored) {
        fragility_.may_throw();
        return {};
    }
    die();
    return refused;
}

void SimCoordinator::send(const core::WorkerId& to, core::MessageId id, core::MessageBody body, bool retain,
                          std::optional<core::ClusterTime> deadline) {
    core::Message message{{}, std::move(body)};
    message.header.id = std::move(id);
    message.header.epoch = disk_.cluster.epoch;
    message.header.deadline = deadline;
    world_.network.to_worker(index_, to, message, retain);
}

void SimCoordinator::perform(const core::CoordinatorEffect& effect, const core::CoordinatorState&) {
    fragility_.may_throw();
    observer_.effect(effect);
    std::visit(
        core::Overloaded{
            [&](const core::PublishDesired& publish) {
                send(publish.worker, publish.id, core::Desired{publish.document}, true, {});
            },
            [&](const core::PublishPing& ping) { send(ping.worker, ping.id, core::Ping{}, false, ping.deadline); },
            [&](const core::PublishOrder& order) {
                send(order.worker, order.id, core::BluetoothCommand{order.order}, false, order.deadline);
            },
            [&](const core::AdmitWorker&) {}, [&](const core::AdmitToken& admit) { door_.insert(admit.token); },
            [&](const core::DismissToken& dismissed) { door_.erase(dismissed.token); },
            [&](const core::DismissWorker& dismissed) { world_.network.forget(index_, dismissed.worker); },
            [&](const core::Answer& answer) {
                in_hand_.erase(answer.request);
                observer_.answered(*this, answer);
            },
            [&](const core::OpenSource& open) { sources_.open(open); },
            [&](const core::BeginSource& begin) { sources_.begin(begin.session, begin.begins); },
            [&](const core::SetOpenDoor& set) { sources_.set_open_door(set.session, set.door); },
            [&](const core::CloseSource& close) { sources_.close(close.session); },
            [&](const core::KeepSources& keep) { sources_.keep(keep.sessions); },
            [&](const core::FindOccurrence& asked) {
                const core::OccurrenceFound found{asked.schedule, next_of(asked.rule, asked.after)};
                world_.executor.at(world_.executor.now() + std::chrono::milliseconds(5), [this, found, life = life_] {
                    if (life == life_) process_.tell(core::CoordinatorEvent{found});
                });
            },
            [&](const core::Announce& announce) {
                const auto& entry = announce.entry;
                world_.trace.line(world_.executor.now(), name_, entry.topic + " " + entry.object + ": " + entry.text);
            }},
        effect);
}

void SimCoordinator::failed(const core::CoordinatorEvent& event, const core::Error& why) {
    if (dying_) return;
    if (why.code == core::ErrorCode::internal) return observer_.broken(why.what);
    world_.trace.line(world_.executor.now(), name_, "disk: " + why.what);
    if (const auto* request = std::get_if<core::UserRequest>(&event)) {
        in_hand_.erase(request->id);
        observer_.answered(*this, {request->id, why});
        return;
    }
    if (const auto* track = std::get_if<core::TrackReceived>(&event)) {
        in_hand_.erase(track->request);
        observer_.answered(*this, {track->request, why});
        return;
    }
    // there is another one soon
    if (std::holds_alternative<core::ClusterTick>(event) || std::holds_alternative<core::CalendarTick>(event)) return;
    if (std::holds_alternative<core::OccurrenceFound>(event)) return;  // it is asked for again
    if (std::holds_alternative<core::ListenersGone>(event)) return;    // it is said again
    if (std::holds_alternative<core::SourceOpened>(event) || std::holds_alternative<core::SourceChanged>(event))
        return ask_sources();
    // A message is redelivered, for the broker has no acknowledgement of it.
    world_.executor.at(world_.executor.now() + std::chrono::milliseconds(100), [this, event, life = life_] {
        if (life == life_) process_.tell(event);
    });
}

// Once for all of them: each that answers may be lost again.
void SimCoordinator::ask_sources() {
    if (std::exchange(asking_sources_, true)) return;
    world_.executor.at(world_.executor.now() + std::chrono::milliseconds(100), [this, life = life_] {
        if (life != life_) return;
        asking_sources_ = false;
        process_.tell(core::CoordinatorEvent{core::SourcesUnheard{}});
    });
}

}  // namespace antiphon::sim
