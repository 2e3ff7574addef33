// The hand that draws faults and requests from the seed.
#include "sim/simulation.hpp"

#include <memory>
#include <vector>

#include "actors/simulated_executor.hpp"
#include "sim/user.hpp"

namespace antiphon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Simulation {
  public:
    Simulation(const Plan& plan, Trace::Sink sink)
        : plan_(plan),
          random_(plan.seed),
          executor_([this](std::size_t n) { return random_.below(n); }),
          trace_(std::move(sink)),
          network_(executor_, random_, trace_),
          world_{executor_, random_, trace_, network_},
          coordinator_(world_, {[this](const auto& durable) { checker_.coordinator_stored(durable); },
                                [this](const core::Answer& answer) { answered(answer); }}),
          user_(random_, plan.workers) {}

    Outcome run() {
        draw_faults();
        coordinator_.start();
        every(milliseconds(200), [this] { coordinator_.tick(); });
        enrol();
        safety_phase();
        quiet_phase();
        return outcome();
    }

  private:
    void draw_faults() {
        NetworkFaults faults;
        faults.loss = random_.between(0.0, 0.3);
        faults.duplicates = random_.between(0.0, 0.5);
        faults.delay_max = random_.between(core::Duration{milliseconds(1)}, core::Duration{seconds(3)});
        network_.set_faults(faults);
        world_.disk_failures = random_.chance(0.5) ? 0.02 : 0;
    }

    void every(core::Duration interval, const std::function<void()>& action) {
        executor_.at(executor_.now() + interval, [this, interval, action] {
            action();
            every(interval, action);
        });
    }

    // Members join by the front door, one after another; the faults of the disk may make them ask again.
    void enrol() {
        for (int i = 0; i < plan_.workers; ++i) {
            const std::string name = "node" + std::to_string(i);
            while (!joined_) {
                ask(core::InviteRequest{name});
                ask(core::JoinRequest{name, name, "", 1, "", ""});
                executor_.run_until(executor_.now() + milliseconds(1));
            }
            add_worker(*std::exchange(joined_, std::nullopt), name);
        }
    }

    void add_worker(const core::WorkerId& id, const std::string& name) {
        auto worker = std::make_unique<SimWorker>(
            world_, id, name,
            SimWorker::Observer{
                [this](SimWorker& w, const auto& state) { checker_.worker_stepped(w, state, coordinator_.durable()); },
                [this](SimWorker& w, const auto& effect) { checker_.worker_effect(w, effect); }});
        auto* raw = worker.get();
        worker->set_upload([this, raw](const core::RecordingId& recording, const std::string& input,
                                       const std::function<void()>& done) { upload(*raw, recording, input, done); });
        every(milliseconds(500), [raw] { raw->tick(); });
        worker->start();
        workers_.push_back(std::move(worker));
    }

    void upload(SimWorker& worker, const core::RecordingId& recording, const std::string& input,
                const std::function<void()>& done) {
        const auto again = [this, &worker, recording, input, done] { upload(worker, recording, input, done); };
        executor_.at(executor_.now() + random_.between(core::Duration{milliseconds(50)}, core::Duration{seconds(1)}),
                     [this, &worker, recording, input, done, again] {
                         if (!worker.running()) return;
                         const auto id = ++last_request_;
                         uploads_[id] = {done, again};
                         const bool sent = network_.link_up(worker.id()) &&
                                           coordinator_.receive_track(
                                               {id, recording, {worker.id(), input}, 48000, 0, "sha", "file", ""});
                         if (!sent) settle_upload(id, false);
                     });
    }

    void settle_upload(core::RequestId id, bool ok) {
        const auto it = uploads_.find(id);
        if (it == uploads_.end()) return;
        const auto [done, again] = it->second;
        uploads_.erase(it);
        if (ok) checker_.uploaded();
        ok ? done() : again();
    }

    void ask(core::RequestBody body, std::optional<core::Idempotency> idempotency = {}) {
        const auto id = ++last_request_;
        if (!coordinator_.running()) return;
        checker_.requested(id, body);
        coordinator_.request(id, std::move(body), std::move(idempotency));
        ++requests_;
    }

    void answered(const core::Answer& answer) {
        if (uploads_.contains(answer.request)) return settle_upload(answer.request, answer.body.ok());
        checker_.answered(answer, coordinator_.durable());
        if (!answer.body) {
            trace_.line(executor_.now(), "user", "refused: " + answer.body.error().what);
            return;
        }
        if (const auto* row = std::get_if<core::WorkerRow>(&*answer.body); row && row->generation.value == 0)
            joined_ = row->id;
        user_.learn(*answer.body);
    }

    void safety_phase() {
        const auto end = executor_.now() + plan_.faults_for;
        while (executor_.now() < end && !checker_.broken()) {
            executor_.run_until(executor_.now() +
                                random_.between(core::Duration{milliseconds(20)}, core::Duration{seconds(1)}));
            if (random_.chance(0.15)) {
                strike();
            } else {
                auto [body, words, idempotency] = user_.next_request();
                trace_.line(executor_.now(), "user", words);
                ask(std::move(body), std::move(idempotency));
            }
        }
    }

    void strike() {
        auto& worker = *workers_[random_.below(workers_.size())];
        switch (random_.below(6)) {
            case 0:
                return crash_coordinator();
            case 1:
                return crash_worker(worker);
            case 2:
                if (!coordinator_.running()) coordinator_.start();
                return;
            case 3:
                if (!worker.running()) worker.start();
                return;
            case 4:
                if (worker.running()) network_.set_link(worker.id(), !network_.link_up(worker.id()));
                return;
            default:
                if (coordinator_.running()) network_.set_coordinator_link(!network_.coordinator_link_up());
                return;
        }
    }

    void crash_coordinator() {
        if (!coordinator_.running()) return;
        ++crashes_;
        coordinator_.crash();
        checker_.coordinator_crashed();
        for (const auto& [id, upload] : std::exchange(uploads_, {})) upload.second();
    }

    void crash_worker(SimWorker& worker) {
        if (!worker.running()) return;
        ++crashes_;
        worker.crash();
        checker_.worker_crashed(worker.id());
    }

    void quiet_phase() {
        trace_.line(executor_.now(), "sim", "the faults stop");
        network_.set_faults({});
        world_.disk_failures = 0;
        if (!coordinator_.running()) coordinator_.start();
        network_.set_coordinator_link(true);
        for (auto& worker : workers_) {
            if (!worker->running()) worker->start();
            // Whatever was lost, a new connection delivers the retained documents again.
            network_.set_link(worker->id(), false);
            network_.set_link(worker->id(), true);
        }
        executor_.run_until(executor_.now() + plan_.quiet_for);
        for (const auto& worker : workers_) checker_.finish(*worker, coordinator_.durable());
        checker_.expect_all_answered();
    }

    Outcome outcome() const {
        Outcome result{plan_.seed, trace_.hash(), trace_.lines(), checker_.broken()};
        result.requests = requests_;
        result.crashes = crashes_;
        result.checks = checker_.counters();
        result.network = network_.counters();
        result.disk_failures = world_.disk_failed;
        return result;
    }

    const Plan plan_;
    Random random_;
    actors::SimulatedExecutor executor_;
    Trace trace_;
    Network network_;
    World world_;
    Checker checker_;
    SimCoordinator coordinator_;
    User user_;
    std::vector<std::unique_ptr<SimWorker>> workers_;
    std::map<core::RequestId, std::pair<std::function<void()>, std::function<void()>>> uploads_;  // done, again
    std::optional<core::WorkerId> joined_;
    core::RequestId last_request_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t crashes_ = 0;
};

}  // namespace

Outcome run(const Plan& plan, Trace::Sink sink) { return Simulation(plan, std::move(sink)).run(); }

}  // namespace antiphon::sim
