// Wiring of the simulated cluster: who hears whom.
#include "sim/cluster.hpp"

#include <algorithm>

namespace antiphon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Small, so that a run of a minute comes to them.
core::Limits small_limits() {
    core::Limits limits;
    limits.finished_sessions = 8;
    limits.finished_recordings = 6;
    limits.answered_requests = 5;
    limits.tombstones = 12;
    limits.journal = 40;
    limits.asks = 4;
    limits.news = 10;
    return limits;
}

}  // namespace

Cluster::Cluster(Random& random, Trace::Sink sink)
    : random_(random),
      executor_([&random](std::size_t n) { return random.below(n); }),
      trace_(std::move(sink)),
      network_(executor_, random, trace_),
      world_{executor_, random, trace_, network_} {
    add_coordinator("coordinator");
    every(milliseconds(200), [this] {
        for (auto& coordinator : coordinators_) {
            coordinator->tick();
            if (coordinator->leads())
                checker_.check_door(coordinator->name(), coordinator->door(), coordinator->durable());
            if (coordinator->paused()) checker_.coordinator_paused(coordinator->name(), now());
        }
        checker_.check_deadlines(now());
    });
    every(milliseconds(500), [this] {
        reap();
        for (auto& worker : workers_) worker->tick();
    });
}

void Cluster::every(core::Duration interval, const std::function<void()>& action) {
    at(interval, [this, interval, action] {
        action();
        every(interval, action);
    });
}

void Cluster::add_coordinator(const std::string& name) {
    SimCoordinator::Observer observer;
    observer.stepped = [this](SimCoordinator&, const auto& draft) { checker_.coordinator_stepped(draft); };
    observer.effect = [this](const core::CoordinatorEffect& effect) { checker_.coordinator_effect(effect); };
    observer.stored = [this](SimCoordinator& who, const auto& durable) {
        checker_.coordinator_stored(who.name(), durable);
        if (&who == &coordinator()) checker_.set_members(durable);
    };
    observer.answered = [this](SimCoordinator& who, const core::Answer& answer) { answered(who, answer); };
    observer.died = [this](SimCoordinator& who) { crash(who); };
    observer.broken = [this](const std::string& law) { checker_.fail(law); };
    observer.restarted = [this](SimCoordinator& who) { checker_.restarted(who.name(), now()); };
    observer.gave_up = [this](SimCoordinator& who) {
        checker_.gave_up(who.name());
        crash(who);
    };
    coordinators_.push_back(std::make_unique<SimCoordinator>(world_, name, small_limits(), std::move(observer)));
}

void Cluster::restore_backup() {
    add_coordinator("restored");
    coordinator().restore(*std::exchange(backup_, std::nullopt));
    checker_.coordinator_restored("restored", coordinator().durable());
    coordinator().start();
}

void Cluster::crash(SimCoordinator& coordinator) {
    if (!coordinator.running()) return;
    ++crashes_;
    coordinator.crash();
    checker_.coordinator_crashed(coordinator.name());
    checker_.process_ended(coordinator.name());
    // Whoever waits for its answer hears that nobody is there.
    for (auto& [id, waiting] : std::map(waiting_)) {
        if (waiting.first != coordinator.name()) continue;
        const auto done = waiting.second;
        waiting_.erase(id);
        if (done) done(core::Error{core::ErrorCode::unavailable, "the coordinator died"});
    }
}

void Cluster::crash(SimWorker& worker) {
    ++crashes_;
    worker.crash();
    checker_.worker_crashed(worker.id());
    checker_.process_ended(worker.id().value);
}

SimWorker* Cluster::find(const core::WorkerId& id) {
    const auto it = std::find_if(workers_.begin(), workers_.end(), [&](const auto& w) { return w->id() == id; });
    return it == workers_.end() ? nullptr : it->get();
}

void Cluster::add_worker(const core::WorkerId& id, const std::string& name) {
    if (find(id)) return;  // joined already, and asked again
    SimWorker::Observer observer;
    observer.stepped = [this](SimWorker& who, const auto& state) { checker_.worker_stepped(who.id(), state); };
    observer.effect = [this](SimWorker& who, const auto& effect, const auto& state) {
        checker_.worker_effect(who, effect, state);
    };
    observer.died = [this](SimWorker& who) { crash(who); };
    observer.broken = [this](const std::string& law) { checker_.fail(law); };
    observer.restarted = [this](SimWorker& who) {
        checker_.worker_restarted(who.id());
        checker_.restarted(who.id().value, who.now());
    };
    observer.gave_up = [this](SimWorker& who) {
        checker_.gave_up(who.id().value);
        crash(who);
    };
    auto worker = std::make_unique<SimWorker>(world_, id, name, std::move(observer));
    worker->set_upload([this, id](const core::RecordingId& recording, const std::string& input,
                                  const std::function<void()>& done) { upload(id, recording, input, done); });
    checker_.add_worker(id);
    worker->start();
    workers_.push_back(std::move(worker));
}

void Cluster::reap() {
    if (!coordinator().leads()) return;
    const auto& members = coordinator().durable().workers;
    for (auto& worker : workers_) {
        if (members.find(worker->id())) continue;
        trace_.line(now(), worker->name(), "is a member no more");
        worker->switch_off();
        checker_.remove_worker(worker->id());
        gone_.push_back(std::move(worker));
    }
    std::erase(workers_, nullptr);
}

void Cluster::join(const std::string& name, std::optional<std::string> replaces) {
    const auto digest = name + "-" + std::to_string(++joins_);
    ask(core::InviteRequest{digest, std::move(replaces)}, {}, {"user", core::PermissionSet::everything(), {}},
        [this, name, digest](const core::Result<core::AnswerBody>& invited) {
            if (invited) join_with(digest, name, 20);
        });
}

void Cluster::join_with(const std::string& digest, const std::string& name, int tries) {
    ask(core::JoinRequest{digest, name, "key of " + digest, 1, "", ""}, {}, {},
        [this, digest, name, tries](const core::Result<core::AnswerBody>& joined) {
            if (joined) return add_worker(std::get<core::WorkerRow>(*joined).id, name);
            if (joined.error().code == core::ErrorCode::unavailable && tries > 0)
                at(milliseconds(200), [this, digest, name, tries] { join_with(digest, name, tries - 1); });
        });
}

void Cluster::ask(core::RequestBody body, std::optional<core::Idempotency> idempotency, core::Principal principal,
                  Answered done) {
    auto& asked = coordinator();
    if (!asked.running()) {
        if (done) at(milliseconds(100), [done] { done(core::Error{core::ErrorCode::unavailable, "nobody there"}); });
        return;
    }
    ++requests_;
    core::UserRequest request{++last_request_, std::move(body), {}, std::move(idempotency), std::move(principal)};
    request.deadline = now() + seconds(10);
    checker_.requested(asked.name(), request, now(), asked.durable());
    waiting_[request.id] = {asked.name(), std::move(done)};
    asked.request(std::move(request));
}

std::optional<core::Principal> Cluster::let_in(const core::TokenId& token) {
    if (!coordinator().door().contains(token)) {
        checker_.shut_out();
        return std::nullopt;
    }
    core::Principal principal{token.value, {}, token};
    if (const auto* row = coordinator().durable().tokens.find(token))
        for (const auto permission : row->permissions) principal.permissions.add(permission);
    return principal;
}

void Cluster::answered(SimCoordinator& coordinator, const core::Answer& answer) {
    const auto it = waiting_.find(answer.request);
    if (it == waiting_.end()) return;
    const auto done = it->second.second;
    waiting_.erase(it);
    checker_.answered(answer, coordinator.durable(), &coordinator == &this->coordinator());
    if (!answer.body)
        trace_.line(now(), "user", "refused: " + answer.body.error().what);
    else if (on_done)
        on_done(*answer.body);
    if (done) done(answer.body);
}

// A file on its way takes a while; whoever gets no answer tries again, as long as it lives.
void Cluster::upload(core::WorkerId worker, const core::RecordingId& recording, const std::string& input,
                     const std::function<void()>& done) {
    at(random_.between(core::Duration{milliseconds(50)}, core::Duration{seconds(1)}),
       [this, worker = std::move(worker), recording, input, done] { hand_in(worker, recording, input, done); });
}

void Cluster::hand_in(core::WorkerId worker, const core::RecordingId& recording, const std::string& input,
                      const std::function<void()>& done) {
    auto* sender = find(worker);
    const auto* file = sender ? sender->devices().file({recording, input}) : nullptr;
    if (!file || !sender->running()) return;
    if (!network_.link_up(worker) || !coordinator().running() || sender->paused())
        return upload(worker, recording, input, done);
    core::TrackReceived track{++last_request_,         recording,           {worker, input}, file->report.frames,
                              file->report.gap_frames, file->report.sha256, "file",          ""};
    const auto answered = [this, worker, recording, input, done, track](const auto& answer) {
        if (!answer && answer.error().code == core::ErrorCode::unavailable)
            return upload(worker, recording, input, done);
        auto* still = find(worker);
        const auto* now = still ? still->devices().file({recording, input}) : nullptr;
        if (now && now->report.sha256 != track.sha256) now = nullptr;  // begun anew for one that knew of no file
        if (answer) checker_.uploaded(track, now, this->coordinator().durable());
        done();
    };
    waiting_[track.request] = {coordinator().name(), answered};
    coordinator().receive_track(std::move(track));
}

std::uint64_t Cluster::disk_refusals() const {
    std::uint64_t sum = 0;
    for (const auto& coordinator : coordinators_) sum += coordinator->disk().refused();
    for (const auto* workers : {&workers_, &gone_})
        for (const auto& worker : *workers) sum += worker->disk().refused();
    return sum;
}

std::uint64_t Cluster::deaths_at_disk() const {
    std::uint64_t sum = 0;
    for (const auto& coordinator : coordinators_) sum += coordinator->disk().deaths();
    for (const auto* workers : {&workers_, &gone_})
        for (const auto& worker : *workers) sum += worker->disk().deaths();
    return sum;
}

}  // namespace antiphon::sim
