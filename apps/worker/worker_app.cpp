// Wiring: bus and devices to events, effects to bus and devices.
#include "apps/worker/worker_app.hpp"

#include "adapters/system/lean.hpp"
#include "adapters/system/log.hpp"
#include "apps/node/rows.hpp"
#include "apps/worker/connections.hpp"
#include "apps/worker/session_report.hpp"
#include "core/contract.hpp"
#include "core/step.hpp"

namespace antiphon::worker {
namespace {

namespace log = system::log;
using std::chrono::milliseconds;

constexpr const char* actor_name = "decider";
constexpr std::uint32_t mailbox_size = 1024;
constexpr core::Duration tick_interval = milliseconds(500);
constexpr core::Duration look_at_devices_each = std::chrono::seconds(1);
constexpr core::Duration poll_interval = milliseconds(100);
constexpr core::Duration settled_after = std::chrono::seconds(3);
constexpr core::Duration retry_store_after = std::chrono::seconds(1);
constexpr core::Duration drain_within = milliseconds(500);
// At a broker of somebody else, who may keep back that this worker was removed.
constexpr core::Duration doubt_each = std::chrono::minutes(5);

actors::LoopTime loop_time(const ports::Clock& clock) {
    return {[&clock] { return clock.now(); }, [&clock](core::LocalTime until) { return clock.wait_for(until); }};
}

}  // namespace

WorkerApp::WorkerApp(Parts parts, const node::WorkerOptions& options)
    : parts_(std::move(parts)),
      executor_(parts_.io, loop_time(parts_.clock)),
      supervisor_(executor_, "worker", {},
                  {[](const std::string& actor, const std::string& why) {
                       log::error("actor.restarted", {{"actor", actor}}, why);
                   },
                   [this](const std::string& why) { cannot_go_on_({core::ErrorCode::internal, why}); }}),
      topics_(parts_.identity.joined.cluster),
      client_(client_of(parts_.io, parts_.identity, options)),
      segment_client_(client_of(parts_.io, parts_.identity, options, SegmentSender::bytes_per_s_max)),
      exchange_(
          client_, parts_.cache, [this](core::Duration wait, auto action) { after(wait, std::move(action)); },
          [this](const core::BlobHash& blob) { return wanted_.contains(blob); }),
      tracks_(
          options.data / "recordings", parts_.inputs, [&clock = parts_.clock] { return clock.wall(); },
          options.recordings_max_bytes),
      sender_(segment_client_, [this](core::Duration wait, auto action) { after(wait, std::move(action)); },
              {[this](const core::TrackId& id, int number) { return tracks_.file_of(id, number); },
               [this](const core::TrackId& id, const media::SegmentRow& row) { tracks_.release(id, row); }}),
      sent_inputs_(parts_.io, parts_.clock, parts_.identity.host, parts_.inputs),
      inventory_(parts_.outputs, parts_.inputs),
      paired_(parts_.clock, parts_.bluetooth.get(), parts_.outputs, parts_.inputs),
      clock_sync_(parts_.io, parts_.clock,
                  {[this](const media::ClockMap& map) { take_map(map); },
                   [this](const core::ClockReport& report) {
                       clock_ = report;
                       tell(core::ClockChanged{report});
                   }},
                  options.clock_agreement),
      live_(parts_.io, parts_.clock, parts_.identity.host,
            [this](const std::vector<live::LiveStreams::Probe>& probes) {
                for (const auto& probe : probes) clock_sync_.hear(probe.incarnation, probe.departure_ns, probe.at);
            }),
      bus_(std::make_unique<mqtt::MqttBus>(
          parts_.io,
          bus_settings(parts_.broker, topics_.client_id({parts_.identity.joined.id}), [this] { return last_will(); }))),
      membership_({[this](const Membership::Heard& heard) { ask_whether_member(heard); },
                   [this](core::Duration wait, auto action) { after(wait, std::move(action)); },
                   [this](bool member) { take_membership(member); }}) {
    epoch_ = parts_.epoch;
}

WorkerApp::~WorkerApp() = default;

void WorkerApp::start(CannotGoOn cannot_go_on) {
    cannot_go_on_ = std::move(cannot_go_on);
    actor_ = supervisor_.spawn<WorkerActor::Message>(actor_name, {mailbox_size, actors::Overflow::refuse},
                                                     [this](const auto&) { return make_actor(); });
    const core::WorkerId id{parts_.identity.joined.id};
    bus_->on_message([this](const ports::BusMessage& message) { receive(message); });
    bus_->on_link([this](bool up, const std::string& reason) { linked(up, reason); });
    bus_->subscribe(topics_.of(id, "desired"));
    bus_->subscribe(topics_.of(id, "command"));
    if (parts_.bluetooth)
        parts_.bluetooth->on_change([this](const core::BluetoothReport& report) {
            tell(core::BluetoothTold{report});
            look_at_devices();
        });
    clock_sync_.ask(parts_.identity.host, parts_.identity.joined.clock_port);
    every(tick_interval, [this] { tell(core::Tick{clock_sync_.cluster_now()}); });
    every(look_at_devices_each, [this] {
        sent_inputs_.try_again();
        look_at_devices();
    });
    if (parts_.foreign_broker) every(doubt_each, [this] { membership_.doubt(); });
    keep_polling();
    after(settled_after, [] { system::give_back_start_up_memory(); });
}

// One that takes the place of another finds the devices at work, and goes on with them.
actors::MadeActor<WorkerActor::Message> WorkerApp::make_actor() {
    auto state = parts_.load();
    if (!state) return state.error();
    std::unique_ptr<actors::Actor<WorkerActor::Message>> actor =
        std::make_unique<WorkerActor>(executor_, std::move(*state), *this);
    actor->on_message(core::WorkerEvent{beginning()});
    actor->on_message(core::WorkerEvent{core::ClockChanged{clock_}});
    if (parts_.bluetooth) actor->on_message(core::WorkerEvent{core::BluetoothTold{parts_.bluetooth->report()}});
    if (linked_) actor->on_message(core::WorkerEvent{core::LinkChanged{true, is_vouched()}});
    return actor;
}

core::WorkerStarted WorkerApp::beginning() {
    core::WorkerStarted started;
    started.outputs = inventory_.declared_outputs();
    started.inputs = inventory_.inputs();
    started.tracks = tracks_.recover();
    send_closed();
    for (const auto& [id, session] : rendering_) started.rendering.push_back(session);
    started.sending = sent_inputs_.told();
    return started;
}

void WorkerApp::stop(std::function<void()> done) {
    stopping_ = true;
    supervisor_.stop(drain_within, [this, done = std::move(done)](std::size_t) { say_goodbye(done); });
}

void WorkerApp::say_goodbye(const std::function<void()>& done) {
    publish("alive", core::Alive{false, connection_}, true);
    auto flushed = std::make_shared<std::function<void(int)>>();
    *flushed = [this, done, flushed](int looks) {
        if (bus_->pending() == 0 || looks == 0) return done();
        after(milliseconds(20), [flushed, looks] { (*flushed)(looks - 1); });
    };
    (*flushed)(50);
}

void WorkerApp::after(core::Duration wait, std::function<void()> action) {
    executor_.at(executor_.now() + wait, std::move(action));
}

void WorkerApp::every(core::Duration interval, const std::function<void()>& action) {
    after(interval, [this, interval, action] {
        if (stopping_) return;
        action();
        every(interval, action);
    });
}

void WorkerApp::receive(const ports::BusMessage& message) {
    if (message.payload.empty()) {  // cleared: by the coordinator, which does so to whom it removes, or by anybody
        if (parts_.foreign_broker) membership_.doubt();
        return;
    }
    const auto text = parts_.key.open(message.topic, message.payload);
    if (!text) return forged_.refuse(message, text.error().what, parts_.clock.now());
    auto decoded = json::decode<core::Message>(*text, &decoded_);
    if (!decoded) {
        log::warning("message.refused", {{"topic", message.topic}, {"refused", decoded_.refused}},
                     decoded.error().what);
        return;
    }
    epoch_ = std::max(epoch_, decoded->header.epoch);
    tell(core::MessageArrived{std::move(*decoded), clock_sync_.cluster_now()});
}

void WorkerApp::linked(bool up, const std::string& reason) {
    if (up)
        log::info("bus.connected", {}, "connected to the broker");
    else
        log::warning("bus.disconnected", {}, reason);
    linked_ = up;
    if (is_vouched()) {
        expelled_ = false;
        membership_.trust();
    } else if (up || reason.find("not authorised") != std::string::npos) {
        membership_.doubt();  // a broker's word is not enough to fall silent: it may know nobody yet
    }
    tell(core::LinkChanged{up, is_vouched()});
    if (up && !expelled_) publish("alive", core::Alive{true, connection_}, true);
}

// Of the connection that begins.
ports::BusMessage WorkerApp::last_will() {
    ANTIPHON_ASSERT(boot_.value > 0);
    connection_ = {boot_, connection_.number + 1};
    core::Message message;
    message.header.id = {parts_.identity.joined.id + "-alive"};
    message.header.epoch = epoch_;
    message.body = core::Alive{false, connection_};
    const auto topic = topics_.of({parts_.identity.joined.id}, "alive");
    return {topic, parts_.key.seal(topic, json::encode(message)), true};
}

void WorkerApp::ask_whether_member(const Membership::Heard& heard) {
    if (stopping_) return;
    http::ClientRequest request;
    request.target = "/v1/workers/" + parts_.identity.joined.id;
    client_.request(std::move(request), [heard](const core::Result<http::Response>& answer) {
        const bool clear = answer && (answer->status == 200 || answer->status == 401);
        heard(clear ? std::optional(answer->status == 200) : std::nullopt);
    });
}

void WorkerApp::take_membership(bool member) {
    if (is_vouched()) return;  // it was let in again meanwhile
    const bool changed = std::exchange(expelled_, !member) == member;
    tell(core::MembershipTold{member});
    if (!changed) return;
    if (!member)
        return log::error("worker.expelled", {},
                          "this worker was removed from the cluster, or replaced: it falls silent. Start it again with "
                          "a new invitation (--join), or let it rest");
    log::info("worker.readmitted", {}, "the coordinator knows this worker again");
    if (linked_) publish("alive", core::Alive{true, connection_}, true);
}

void WorkerApp::take_map(const media::ClockMap& map) {
    live_.set_clock(map);
    for (auto& output : parts_.outputs) output->set_clock(map);
    paired_.set_clock(map);
    tracks_.set_clock(map);
    sent_inputs_.set_clock(map);
}

void WorkerApp::publish(const std::string& leaf, core::MessageBody body, bool retain) {
    core::Message message;
    message.header.id = {parts_.identity.joined.id + "-" + std::to_string(++messages_)};
    message.header.epoch = epoch_;
    message.header.sent = parts_.clock.wall();
    message.header.trace = work_.trace();
    message.body = std::move(body);
    const auto topic = topics_.of({parts_.identity.joined.id}, leaf);
    ports::BusMessage sent{topic, parts_.key.seal(topic, json::encode(message)), retain};
    if (auto queued = bus_->publish(std::move(sent)); !queued)
        log::warning("bus.overflow", {{"topic", leaf}}, queued.error().what);
}

// What comes of a message belongs to the request that it came of, and so does a programme that was fetched for it.
void WorkerApp::taking(const core::WorkerEvent& event) {
    std::string trace;
    if (const auto* arrived = std::get_if<core::MessageArrived>(&event)) trace = node::trace_of(arrived->message);
    if (const auto* fetched = std::get_if<core::BlobFetched>(&event)) {
        const auto wanted = fetching_for_.extract(fetched->blob);
        if (wanted) trace = wanted.mapped();
    }
    work_.begin(actor_name, std::move(trace));
}

core::Result<void> WorkerApp::store(const core::WorkerDraft& draft) {
    if (auto stored = node::store_draft(parts_.store, draft); !stored) return stored;
    const auto boot = draft.next.memory.boot;
    const auto before = std::exchange(boot_, boot);
    if (before != boot) log::set_boot(std::to_string(boot.value));
    if (before.value == 0) bus_->connect();  // not sooner: connections are numbered by the life that the store knows
    return {};
}

void WorkerApp::failed(const core::WorkerEvent& event, const core::Error& why) {
    log::error("store.failed", {}, why.what);
    // Told later, it would meet a state that does not know what is on the disk.
    if (std::holds_alternative<core::WorkerStarted>(event)) return cannot_go_on_(why);
    if (why.code == core::ErrorCode::internal) return;  // a law would be broken: the same again would break it again
    // Nobody else will say it again: a document is acknowledged to the broker, a device tells once.
    after(retry_store_after, [this, event] { tell(event); });
}

void WorkerApp::perform(const core::WorkerEffect& effect, const core::WorkerState& state) {
    wanted_.clear();
    for (const auto& session : state.memory.desired.sessions)
        if (!session.programme.live) wanted_.insert(session.programme.blob);
    std::visit([this](const auto& e) { (*this)(e); }, effect);
}

void WorkerApp::operator()(const core::FetchBlob& fetch) {
    log::info("programme.wanted", {{"blob", fetch.programme.blob.value}, {"size_bytes", fetch.programme.size_bytes}},
              "fetches it, unless the cache has it");
    fetching_for_[fetch.programme.blob] = work_.trace().value_or("");
    exchange_.fetch(fetch.programme, [this](const core::BlobHash& blob, const std::string& failure) {
        tell(core::BlobFetched{blob, failure});
    });
}

std::vector<Output*> WorkerApp::outputs_of(const core::DesiredSession& session) {
    std::vector<Output*> outputs;
    for (auto& output : parts_.outputs)
        if (std::find(session.outputs.begin(), session.outputs.end(), output->name()) != session.outputs.end())
            outputs.push_back(output.get());
    return outputs;
}

void WorkerApp::operator()(const core::Render& render) {
    const auto& session = render.session;
    log::info("session.rendered", {{"session", session.id.value}}, "renders it as it is desired now");
    rendering_[session.id] = session;
    keep_polling();
    if (session.programme.live) return live_.render(session, outputs_of(session));
    const auto file = parts_.cache.path(session.programme.blob);
    for (auto* output : outputs_of(session)) output->play(session, file);
}

void WorkerApp::operator()(const core::StopRender& stop) {
    const auto it = rendering_.find(stop.session);
    if (it == rendering_.end()) return;
    for (auto* output : outputs_of(it->second)) output->stop();
    live_.stop(stop.session);
    rendering_.erase(it);
    log::info("session.silenced", {{"session", stop.session.value}}, "renders it no more");
}

void WorkerApp::operator()(const core::SetOutput& set) {
    for (auto& output : parts_.outputs)
        if (output->name() == set.output.name) output->set_level(set.output);
}

void WorkerApp::operator()(const core::Capture& capture) {
    log::info("track.begun", {{"recording", capture.recording.value}, {"input", capture.input}}, "records");
    tracks_.capture({capture.recording, capture.input}, capture.on_sound);
    keep_polling();
}

void WorkerApp::operator()(const core::FinishCapture& finish) {
    log::info("track.finished", {{"recording", finish.recording.value}, {"input", finish.input}}, "records no more");
    tracks_.finish({finish.recording, finish.input});
}

// Its segments are on their way already; this waits for the last.
void WorkerApp::operator()(const core::UploadTrack& upload) {
    const core::TrackId id{upload.recording, upload.input};
    sender_.complete(id, tracks_.hashes(id), [this, id](const std::string& refusal) {
        core::TrackReport report;
        report.id = id.first;
        report.input = id.second;
        report.state = refusal.empty() ? core::TrackState::uploaded : core::TrackState::failed;
        report.reason = refusal;
        tell(core::TrackProgressed{report});
    });
}

void WorkerApp::operator()(const core::DiscardTrack& discard) {
    const core::TrackId id{discard.recording, discard.input};
    sender_.forget(id);
    tracks_.discard(id);
}

void WorkerApp::send_closed() {
    for (auto& [id, row] : tracks_.take_closed()) sender_.send(id, std::move(row));
}

void WorkerApp::operator()(const core::SendReport& report) {
    auto document = report.document;
    document.wakeups_per_s = wakeups_.per_second(parts_.clock.now());
    publish("reported", core::Reported{std::move(document)}, true);
}

void WorkerApp::operator()(const core::ObeyOrder& obey) {
    ANTIPHON_ASSERT(parts_.bluetooth);
    log::info("bluetooth.order", {{"device", obey.order.address}}, "does as it was told");
    parts_.bluetooth->obey(obey.order, [this, command = obey.command](const core::Result<void>& result) {
        core::Outcome outcome{command, std::nullopt, ""};
        if (!result) outcome = {command, result.error().code, result.error().what};
        tell(core::OrderEnded{std::move(outcome)});
    });
}

core::SessionReport WorkerApp::session_report(const core::DesiredSession& session) {
    std::vector<Output::View> views;
    for (auto* output : outputs_of(session)) views.push_back(output->view());
    auto report = report_on(session.id, views);
    live_.add_to(report);
    return report;
}

// Looks at the devices only for as long as there is something to see.
void WorkerApp::keep_polling() {
    if (std::exchange(polling_, true)) return;
    after(poll_interval, [this] {
        polling_ = false;
        poll();
        bool busy = !rendering_.empty() || !tracks_.idle();
        for (const auto& output : parts_.outputs) busy = busy || !output->resting();
        if (busy && !stopping_) keep_polling();
    });
}

void WorkerApp::poll() {
    for (auto& output : parts_.outputs) output->rest_when_idle();
    for (const auto& [id, session] : rendering_) tell(core::SessionProgressed{session_report(session), session});
    auto news = tracks_.poll();
    send_closed();  // before it is told that a track has ended
    for (auto& report : news) tell(core::TrackProgressed{std::move(report)});
}

}  // namespace antiphon::worker
