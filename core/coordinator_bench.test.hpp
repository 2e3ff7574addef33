// A coordinator whose clock and state a test holds, and workers that say what the test tells them to.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/coordinator.hpp"

namespace antiphon::core {

struct Bench {
    CoordinatorState state;
    std::vector<CoordinatorEffect> effects;
    LocalTime now;
    RequestId last = 0;
    std::map<WorkerId, std::uint64_t> sequences;
    bool synchronised = true;                                           // of whoever reports next
    std::vector<Endpoint> outputs = {{"left", "virtual:speaker", ""}};  // of whoever reports next
    std::vector<TrackReport> tracks;                                    // that workers tell of
    std::optional<Generation> applied;                                  // by whoever reports next; else the newest
    std::optional<Epoch> epoch_seen;                                    // by whoever reports next; else ours
    std::optional<BluetoothReport> bluetooth;                           // of whoever reports next

    Bench() { take(CoordinatorStarted{{7}}); }

    void take(const CoordinatorEvent& event) {
        CoordinatorDraft draft(state);
        effects = CoordinatorMachine::step(draft, now, event);
        draft.apply_to(state);
    }
    std::optional<Result<AnswerBody>> answer() const {
        for (const auto& effect : effects)
            if (const auto* found = std::get_if<Answer>(&effect)) return found->body;
        return std::nullopt;
    }
    UserRequest user_request(RequestBody body, std::optional<Idempotency> idempotency = {}) {
        return {++last, std::move(body), {}, std::move(idempotency), {"ann", PermissionSet::everything()}};
    }
    template <class Row = Done>
    Row ask(RequestBody body, std::optional<Idempotency> idempotency = {}) {
        take(user_request(std::move(body), std::move(idempotency)));
        const auto got = answer();
        if (!got || !*got) throw std::runtime_error(got ? got->error().what : "no answer");
        return std::get<Row>(**got);
    }
    Error refused(RequestBody body, std::optional<Idempotency> idempotency = {}) {
        take(user_request(std::move(body), std::move(idempotency)));
        const auto got = answer();
        return got && !*got ? got->error() : Error{ErrorCode::internal, "not refused"};
    }
    void tick() {
        take(AsksTick{});
        const auto answers = effects;
        take(ClusterTick{});
        effects.insert(effects.begin(), answers.begin(), answers.end());
    }
    WorkerId join(const std::string& name) {
        ask<InvitationRow>(InviteRequest{"digest of " + name});
        const auto row = ask<WorkerRow>(JoinRequest{"digest of " + name, name, "key", 1, "credential", "password"});
        take(WorkerMessage{row.id, {{}, Alive{true}}});
        report(row.id);
        return row.id;
    }
    // What a worker would say that has applied all and does this.
    void report(const WorkerId& id, Activity activity = Activity::waiting, std::vector<SessionReport> sessions = {}) {
        ReportedDocument document;
        document.boot = {1};
        document.sequence = ++sequences[id];
        document.applied = applied.value_or(state.workers.find(id)->generation);
        document.activity = activity;
        document.outputs = outputs;
        document.clock.synchronised = synchronised;
        document.epoch = epoch_seen.value_or(state.cluster.epoch);
        document.inputs = {{"mic", "virtual:microphone", ""}};
        document.sessions = std::move(sessions);
        document.tracks = tracks;
        document.bluetooth = bluetooth;
        take(WorkerMessage{id, {{}, Reported{document}}});
    }
    // The last event that was announced.
    const Announce* last_news() const {
        const Announce* found = nullptr;
        for (const auto& effect : effects)
            if (const auto* news = std::get_if<Announce>(&effect)) found = news;
        return found;
    }
    std::string announced() const { return last_news() ? last_news()->entry.topic : ""; }
    std::string news() const { return last_news() ? last_news()->entry.text : ""; }
    const PublishDesired* published(const WorkerId& id) const {
        for (const auto& effect : effects)
            if (const auto* found = std::get_if<PublishDesired>(&effect); found && found->worker == id) return found;
        return nullptr;
    }
};

inline PlayRequest play(std::vector<std::string> to) {
    return {{{"blob"}, 9, 480000, "melody"}, std::move(to), 1.0, 0};
}

}  // namespace antiphon::core
