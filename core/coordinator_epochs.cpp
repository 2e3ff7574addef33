// More than one coordinator: a restored backup beside the one it was made of, or one that was paused and returns.
// Workers obey the highest epoch alone; here is how the others notice.
#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

struct Epochs {
    Epoch highest;
    std::size_t online = 0;
    std::size_t ahead = 0;  // of those that are online
    bool all_follow = true;
};

Epochs look_at_workers(const CoordinatorDraft& draft) {
    const auto own = draft.cluster.epoch;
    Epochs epochs{own};
    draft.workers.each([&](const WorkerRow& worker) {
        const auto* presence = draft.presence.find(worker.id);
        const auto seen = presence ? presence->reported.epoch : Epoch{};
        if (seen.value > own.value + believable_lead) return;
        epochs.highest = std::max(epochs.highest, seen);
        epochs.all_follow = epochs.all_follow && follows(draft, worker);
        if (!presence || !presence->online) return;
        ++epochs.online;
        epochs.ahead += seen > own ? 1 : 0;
    });
    return epochs;
}

}  // namespace

bool follows(const CoordinatorDraft& draft, const WorkerRow& worker) {
    const auto* presence = draft.presence.find(worker.id);
    return presence && presence->reported.epoch == draft.cluster.epoch &&
           presence->reported.applied >= worker.generation;
}

void publish_all(CoordinatorTurn& turn) {
    turn.draft.workers.each([&](const WorkerRow& worker) { turn.behind.insert(worker.id); });
}

void compare_epochs(CoordinatorTurn& turn) {
    auto& cluster = turn.draft.cluster;
    const auto epochs = look_at_workers(turn.draft);
    if (cluster.restored && epochs.highest > cluster.epoch) {
        cluster.epoch = {epochs.highest.value + 1};
        turn.draft.cluster_changed = true;
        turn.announce("coordinator.leads", "",
                      "a worker knew of epoch " + std::to_string(epochs.highest.value) +
                          "; this restored one is now epoch " + std::to_string(cluster.epoch.value));
        publish_all(turn);
    } else if (cluster.restored && epochs.online > 0 && epochs.all_follow) {
        cluster.restored = false;  // everybody follows it: from now on it is a coordinator like any other
        turn.draft.workers.each([&](const WorkerRow& worker) { turn.touched.insert(worker.id); });
        turn.draft.cluster_changed = true;
    } else if (!cluster.restored && 2 * epochs.ahead > epochs.online) {
        // Most, not one: a single board that was taken over shall not silence the cluster.
        cluster.superseded_by = epochs.highest;
        turn.draft.cluster_changed = true;
        turn.announce("coordinator.superseded", "",
                      "the workers follow another coordinator, of epoch " + std::to_string(epochs.highest.value));
    }
}

}  // namespace antiphon::core
