// Wiring: bus and requests to events, effects to bus and answers.
#include "apps/coordinator/coordinator_app.hpp"

#include "adapters/system/lean.hpp"
#include "adapters/system/log.hpp"
#include "apps/node/rows.hpp"
#include "core/step.hpp"

namespace antiphon::coordinator {
namespace {

namespace log = system::log;

constexpr const char* actor_name = "decider";
constexpr std::uint32_t mailbox_size = 16384;
constexpr core::Duration tick_interval = std::chrono::milliseconds(200);
constexpr core::Duration calendar_interval = std::chrono::seconds(1);
constexpr core::Duration settled_after = std::chrono::seconds(3);
constexpr core::Duration retry_store_after = std::chrono::seconds(1);

actors::LoopTime loop_time(const ports::Clock& clock) {
    return {[&clock] { return clock.now(); }, [&clock](core::LocalTime until) { return clock.wait_for(until); }};
}

core::Error too_busy() { return {core::ErrorCode::unavailable, "the coordinator has too much to do; try again"}; }

}  // namespace

CoordinatorApp::CoordinatorApp(Parts parts, Handlers handlers)
    : parts_(std::move(parts)),
      handlers_(std::move(handlers)),
      executor_(parts_.io, loop_time(parts_.clock)),
      topics_(parts_.cluster),
      supervisor_(executor_, "coordinator", {},
                  {[](const std::string& actor, const std::string& why) {
                       log::error("actor.restarted", {{"actor", actor}}, why);
                   },
                   [this](const std::string& why) { handlers_.cannot_go_on({core::ErrorCode::internal, why}); }}),
      first_state_(std::move(parts_.state)) {}

CoordinatorApp::~CoordinatorApp() = default;

void CoordinatorApp::start() {
    actor_ = supervisor_.spawn<CoordinatorActor::Message>(actor_name, {mailbox_size, actors::Overflow::refuse},
                                                          [this](const auto&) { return make_actor(); });
    tick();
    tick_calendar();
    executor_.at(executor_.now() + settled_after, [] { system::give_back_start_up_memory(); });
}

// One that takes the place of another starts as a new process would: from what is durable, in a new epoch.
actors::MadeActor<CoordinatorActor::Message> CoordinatorApp::make_actor() {
    const bool anew = !first_state_;
    if (anew) end_interrupted();
    auto state = anew ? parts_.reload() : std::move(*std::exchange(first_state_, std::nullopt));
    if (!state) return state.error();
    take_keys(*state);
    if (anew) handlers_.reloaded(*state);
    std::unique_ptr<actors::Actor<CoordinatorActor::Message>> actor =
        std::make_unique<CoordinatorActor>(executor_, std::move(*state), *this);
    actor->on_message(core::CoordinatorEvent{core::CoordinatorStarted{parts_.incarnation, parts_.clock.wall()}});
    if (connected_) {
        bus_->resubscribe();  // what the workers have said
        actor->on_message(core::CoordinatorEvent{core::BusConnected{}});
    }
    return actor;
}

// Their answers are lost with the actor that had them in hand.
void CoordinatorApp::end_interrupted() {
    const core::Error lost{core::ErrorCode::unavailable,
                           "the coordinator was interrupted while it decided; look whether it was done, or ask again"};
    while (!waiting_.empty() && waiting_.begin()->first <= last_taken_) answer(waiting_.begin()->first, lost, {});
}

// What a worker says because of a request is part of it, and so is what that leads to.
void CoordinatorApp::taking(const core::CoordinatorEvent& event) {
    std::string trace;
    if (const auto* request = std::get_if<core::UserRequest>(&event)) {
        last_taken_ = request->id;
        const auto asked = waiting_.find(request->id);
        if (asked != waiting_.end()) trace = asked->second.trace;
    } else if (const auto* track = std::get_if<core::TrackReceived>(&event)) {
        last_taken_ = track->request;
    } else if (const auto* said = std::get_if<core::WorkerMessage>(&event)) {
        trace = node::trace_of(said->message);
    }
    work_.begin(actor_name, std::move(trace));
}

void CoordinatorApp::use_bus(ports::Bus& bus) {
    bus_ = &bus;
    bus.on_message([this](const ports::BusMessage& message) { receive(message); });
    bus.on_link([this](bool up, const std::string& reason) {
        connected_ = up;
        if (up) {
            log::info("bus.connected", {}, "connected to the broker");
            tell(core::BusConnected{});
        } else {
            log::warning("bus.disconnected", {}, reason);
        }
        handlers_.linked(up);
    });
    for (const auto* leaf : {"reported", "reply", "event", "alive"}) bus.subscribe(topics_.of_all(leaf));
    bus.connect();
}

void CoordinatorApp::tick() {
    executor_.at(executor_.now() + tick_interval, [this] {
        tell(core::AsksTick{});
        tell(core::ClusterTick{parts_.clock.wall()});
        tick();
    });
}

void CoordinatorApp::tick_calendar() {
    turn_calendar(parts_.clock.wall());
    executor_.at(executor_.now() + calendar_interval, [this] { tick_calendar(); });
}

bool CoordinatorApp::tell(core::CoordinatorEvent event) {
    const bool told = actor_.tell(std::move(event));
    if (!told && !stopping_) log::warning("mailbox.full", {{"overflowed", actor_.overflowed()}});
    return told;
}

void CoordinatorApp::look(CoordinatorActor::Look look, const Refused& refused) {
    if (!actor_.tell(std::move(look)) && refused) refused(too_busy());
}

void CoordinatorApp::stop(core::Duration limit, const std::function<void()>& done) {
    stopping_ = true;
    supervisor_.stop(limit, [done](std::size_t) { done(); });
}

void CoordinatorApp::ask(core::RequestBody body, Asker asker, Answered done) {
    const auto id = ++last_request_;
    waiting_[id] = {std::move(done), std::move(asker.trace)};
    core::UserRequest request{id,
                              std::move(body),
                              parts_.clock.wall(),
                              std::move(asker.once),
                              std::move(asker.principal),
                              parts_.clock.now() + request_life};
    if (!actor_.tell(core::CoordinatorEvent{std::move(request)})) answer(id, too_busy(), {});
}

void CoordinatorApp::receive_track(core::TrackReceived track, Answered done) {
    track.request = ++last_request_;
    waiting_[track.request] = {std::move(done), {}};
    const auto id = track.request;
    if (!actor_.tell(core::CoordinatorEvent{std::move(track)})) answer(id, too_busy(), {});
}

void CoordinatorApp::receive(const ports::BusMessage& message) {
    if (message.payload.empty()) return;  // our own word that a retained message is cleared
    const auto topic = topics_.parse(message.topic);
    if (!topic) return forged_.refuse(message, "not a topic of a worker", parts_.clock.now());
    const auto text = keyring_.open(topic->worker, message);
    if (!text) return forged_.refuse(message, text.error().what, parts_.clock.now());
    auto decoded = json::decode<core::Message>(*text, &decoded_);
    if (!decoded) {
        log::warning("message.refused", {{"topic", message.topic}, {"refused", decoded_.refused}},
                     decoded.error().what);
        return;
    }
    tell(core::WorkerMessage{topic->worker, std::move(*decoded)});
}

void CoordinatorApp::take_keys(const core::CoordinatorState& state) {
    for (const auto& name : keyring_.take(state))
        log::warning("worker.keyless", {{"worker", name}},
                     "it joined a program that knew no message keys, and is not heard; let it join anew: antiphon "
                     "invite --replace " +
                         name);
}

void CoordinatorApp::change_members(const core::CoordinatorState& state) {
    take_keys(state);
    handlers_.members_changed(state);
}

core::Result<void> CoordinatorApp::store(const core::CoordinatorDraft& draft) {
    const auto writes = node::writes_of(draft);
    if (!writes.empty()) {
        const auto begun = parts_.clock.now();
        const auto committed = parts_.store.commit(writes);
        commits_.observe(parts_.clock.now() - begun);
        if (!committed) return committed.error();
    }
    if (epoch_ != draft.cluster.epoch) log::set_boot("e" + std::to_string(draft.cluster.epoch.value));
    epoch_ = draft.cluster.epoch;
    return {};
}

AppCounters CoordinatorApp::counters() const {
    return {decoded_,
            forged_.refused(),
            actor_ ? actor_.waiting() : 0,
            actor_ ? actor_.overflowed() : 0,
            supervisor_.counters().restarts,
            steps_failed_};
}

void CoordinatorApp::failed(const core::CoordinatorEvent& event, const core::Error& why) {
    ++steps_failed_;
    log::error("store.failed", {}, why.what);
    if (const auto* request = std::get_if<core::UserRequest>(&event)) return answer(request->id, why, {});
    if (const auto* track = std::get_if<core::TrackReceived>(&event)) return answer(track->request, why, {});
    if (std::holds_alternative<core::CoordinatorStarted>(event)) return handlers_.cannot_go_on(why);
    if (why.code == core::ErrorCode::internal) return;  // a law would be broken: the same again would break it again
    // A worker's word was acknowledged to the broker already: it is kept and tried again.
    if (const auto* message = std::get_if<core::WorkerMessage>(&event)) return tell_again(*message);
    if (std::holds_alternative<core::SourceOpened>(event) || std::holds_alternative<core::SourceChanged>(event) ||
        std::holds_alternative<core::SourcesUnheard>(event))
        ask_sources();
}

// A source says each thing once. Not its old word is told again, which may be overtaken, but what it is by then.
void CoordinatorApp::ask_sources() {
    if (std::exchange(asking_sources_, true)) return;
    executor_.at(executor_.now() + retry_store_after, [this] {
        asking_sources_ = false;
        if (!tell(core::SourcesUnheard{})) ask_sources();
    });
}

// The newest of each kind from each worker: only reports move rows, and each says all that the older ones did.
void CoordinatorApp::tell_again(const core::WorkerMessage& message) {
    const bool waiting = !untold_.empty();
    untold_.insert_or_assign({message.worker, message.message.body.index()}, message);
    if (waiting) return;
    executor_.at(executor_.now() + retry_store_after, [this] {
        for (auto& [key, untold] : std::exchange(untold_, {})) tell(std::move(untold));
    });
}

void CoordinatorApp::perform(const core::CoordinatorEffect& effect, const core::CoordinatorState& state) {
    std::visit(core::Overloaded{[&](const core::PublishDesired& publish_desired) {
                                    core::EnvelopeHeader header;
                                    header.id = publish_desired.id;
                                    header.generation = publish_desired.document.generation;
                                    publish(publish_desired.worker, "desired", header,
                                            core::Desired{publish_desired.document}, true);
                                },
                                [&](const core::PublishPing& ping) {
                                    core::EnvelopeHeader header;
                                    header.id = ping.id;
                                    header.deadline = ping.deadline;
                                    publish(ping.worker, "command", header, core::Ping{}, false);
                                },
                                [&](const core::PublishOrder& order) {
                                    core::EnvelopeHeader header;
                                    header.id = order.id;
                                    header.deadline = order.deadline;
                                    publish(order.worker, "command", header, core::BluetoothCommand{order.order},
                                            false);
                                },
                                [&](const core::AdmitWorker&) { change_members(state); },
                                [&](const core::AdmitToken&) { handlers_.tokens_changed(state); },
                                [&](const core::DismissToken& over) {
                                    handlers_.tokens_changed(state);
                                    handlers_.token_over(over);
                                },
                                [&](const core::Answer& reply) { answer(reply.request, reply.body, state); },
                                [&](const core::DismissWorker& dismissed) {
                                    change_members(state);
                                    forget_topics(dismissed.worker);
                                },
                                [&](const core::FindOccurrence& asked) { find_occurrence(asked); },
                                [&](const core::Announce& news) { announce(news.entry); },
                                [&](const auto& of_source) { handlers_.source(of_source); }},
               effect);
}

void CoordinatorApp::publish(const core::WorkerId& to, const std::string& leaf, core::EnvelopeHeader header,
                             core::MessageBody body, bool retain) {
    if (!bus_) return;  // when there is one, BusConnected brings everything
    header.epoch = epoch_;
    header.trace = work_.trace();
    header.sent = parts_.clock.wall();
    auto message = keyring_.seal(
        to, {topics_.of(to, leaf), json::encode(core::Message{std::move(header), std::move(body)}), retain});
    if (!message) return;  // take_keys() has told
    if (auto queued = bus_->publish(std::move(*message)); !queued)
        log::warning("bus.overflow", {{"worker", to.value}, {"topic", leaf}}, queued.error().what);
}

void CoordinatorApp::answer(core::RequestId id, const core::Result<core::AnswerBody>& body,
                            const core::CoordinatorState& state) {
    const auto it = waiting_.find(id);
    if (it == waiting_.end()) return;
    const auto done = std::move(it->second.done);
    waiting_.erase(it);
    done(body, state);
}

void CoordinatorApp::find_occurrence(const core::FindOccurrence& asked) {
    const auto next = handlers_.occurrence(asked);
    if (!next) {  // asked again each second
        if (lost_schedules_.insert(asked.schedule).second)
            log::warning("schedule.lost", {{"schedule", asked.schedule.value}}, next.error().what);
        return;
    }
    lost_schedules_.erase(asked.schedule);
    tell(core::OccurrenceFound{asked.schedule, *next});
}

void CoordinatorApp::announce(const core::JournalRow& entry) {
    log::info(entry.topic, {{"object", entry.object}, {"by", entry.asked_by}}, entry.text);
    handlers_.event(entry);
}

// An empty payload clears what the broker retained, so that nobody hears of a worker that is gone.
void CoordinatorApp::forget_topics(const core::WorkerId& worker) {
    if (!bus_) return;
    for (const auto* leaf : {"desired", "reported", "alive"})
        if (auto queued = bus_->publish({topics_.of(worker, leaf), "", true}); !queued)
            log::warning("bus.overflow", {{"worker", worker.value}, {"topic", leaf}}, queued.error().what);
}

}  // namespace antiphon::coordinator
