// The phases of a run: members join, everything goes wrong, everything comes to rest.
#include "sim/simulation.hpp"

#include "sim/faults.hpp"
#include "sim/user.hpp"

namespace antiphon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr core::Duration lead_within = seconds(10);
constexpr core::Duration longest_programme = seconds(30);  // and what is borne beyond its end

class Simulation {
  public:
    Simulation(const Plan& plan, Trace::Sink sink)
        : plan_(plan),
          random_(plan.seed),
          cluster_(random_, std::move(sink)),
          faults_(cluster_, random_),
          user_(random_, plan.workers) {
        cluster_.on_done = [this](const core::AnswerBody& body) { user_.learn(body); };
    }

    Outcome run() {
        faults_.draw();
        cluster_.coordinator().start();
        enrol();
        safety_phase();
        quiet_phase();
        return outcome();
    }

  private:
    // The faults of the disk may make a member ask again, or the coordinator start again.
    void enrol() {
        for (std::size_t i = 0; i < static_cast<std::size_t>(plan_.workers); ++i)
            for (int tries = 0; cluster_.workers().size() <= i; ++tries) {
                if (tries == 20) return cluster_.checker().fail("liveness: node" + std::to_string(i) + " cannot join");
                if (!cluster_.coordinator().running()) cluster_.coordinator().start();
                cluster_.join("node" + std::to_string(i));
                cluster_.run_for(milliseconds(tries == 0 ? 1 : 1000));
            }
    }

    void safety_phase() {
        const auto end = cluster_.now() + plan_.faults_for;
        while (cluster_.now() < end && !cluster_.checker().broken()) {
            cluster_.run_for(random_.between(core::Duration{milliseconds(20)}, core::Duration{seconds(1)}));
            if (random_.chance(0.2)) {
                faults_.strike();
                continue;
            }
            ask(user_.next_request());
        }
    }

    void ask(User::Asked asked) {
        cluster_.trace().line(cluster_.now(), "user", asked.words);
        const auto who =
            asked.token ? cluster_.let_in(*asked.token) : std::optional(core::Principal{"user", asked.permissions, {}});
        if (who) cluster_.ask(std::move(asked.body), std::move(asked.idempotency), *who);
    }

    void quiet_phase() {
        if (cluster_.checker().broken()) return;
        cluster_.trace().line(cluster_.now(), "sim", "the faults stop");
        faults_.end();
        cluster_.run_for(lead_within);
        if (!cluster_.coordinator().leads()) cluster_.checker().fail("liveness: no coordinator leads after 10 s");
        remove_schedules();
        cluster_.run_for(plan_.quiet_for - lead_within);
        run_programmes_out();
        // A coordinator that was replaced learns it when it misses workers, and has something to say until then.
        if (cluster_.coordinators().size() > 1) cluster_.run_for(core::silent_after + seconds(1));
        for (const auto& worker : cluster_.workers())
            cluster_.checker().finish(*worker, cluster_.coordinator().durable());
        cluster_.checker().finish(cluster_.coordinator(), cluster_.now() - seconds(1));
        cluster_.checker().expect_all_answered();
        expect_nothing_but_heartbeats();
        expect_one_leader();
    }

    // They never come to rest by themselves.
    void remove_schedules() {
        const auto& schedules = cluster_.coordinator().durable().schedules.rows();
        for (const auto& [id, row] : schedules)
            ask({core::ScheduleDeleteRequest{id}, "schedule remove " + id.value, {}});
        cluster_.run_for(seconds(1));
        if (!schedules.empty()) cluster_.checker().fail("liveness: a schedule cannot be removed");
    }

    // What was begun late is heard to its end.
    void run_programmes_out() {
        const auto goes_on = [&] {
            for (const auto& [id, session] : cluster_.coordinator().durable().sessions.rows())
                if (session->phase == core::SessionPhase::playing && !session->programme.live) return true;
            return false;
        };
        for (const auto end = cluster_.now() + longest_programme; cluster_.now() < end && goes_on();)
            cluster_.run_for(seconds(1));
        if (goes_on()) cluster_.checker().fail("liveness: a programme does not end");
    }

    // The one that was replaced knows it, once it has missed those of its workers that are members no more.
    void expect_one_leader() {
        auto& all = cluster_.coordinators();
        const auto& members = cluster_.coordinator().durable().workers;
        bool common = false;  // without a worker that both know, it cannot know
        for (const auto& [id, row] : all.front()->durable().workers.rows()) common = common || members.find(id);
        if (all.size() > 1 && common && all.front()->leads())
            cluster_.checker().fail("liveness: a coordinator that was replaced does not know it");
    }

    void expect_nothing_but_heartbeats() {
        const auto before = cluster_.network().counters().by_kind;
        cluster_.run_for(idle_for);
        const auto& after = cluster_.network().counters().by_kind;
        for (std::size_t kind = 0; kind < after.size(); ++kind) {
            const bool heartbeat = kind == core::MessageBody(core::Reported{}).index();
            // An order that the network brings once more, and late, is answered once more.
            const bool answer = kind == core::MessageBody(core::Outcome{}).index();
            if (after[kind] != before[kind] && !heartbeat && !answer)
                cluster_.checker().fail("liveness: when idle there is more than heartbeats: message kind " +
                                        std::to_string(kind));
        }
    }

    Outcome outcome() {
        Outcome result{plan_.seed, cluster_.trace().hash(), cluster_.trace().lines(), cluster_.checker().broken()};
        result.requests = cluster_.requests();
        result.crashes = cluster_.crashes();
        result.checks = cluster_.checker().counters();
        result.network = cluster_.network().counters();
        result.disk_failures = cluster_.disk_refusals();
        result.deaths_at_disk = cluster_.deaths_at_disk();
        result.pauses = faults_.pauses();
        result.wall_steps = faults_.wall_steps();
        result.restores = faults_.restores();
        return result;
    }

    const Plan plan_;
    Random random_;
    Cluster cluster_;
    Faults faults_;
    User user_;
};

}  // namespace

Outcome run(const Plan& plan, Trace::Sink sink) { return Simulation(plan, std::move(sink)).run(); }

}  // namespace antiphon::sim
