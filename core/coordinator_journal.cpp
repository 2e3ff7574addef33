// The journal: what was decided, by whom and on what ground. Bounded; the oldest entries go.
#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

JournalRow entry_of(const CoordinatorTurn& turn, std::string topic, std::string object, std::string text) {
    return {
        0,          turn.draft.label.on(turn.now), std::move(topic), std::move(object), std::move(text), turn.asked_by,
        turn.ground};
}

void write(CoordinatorTurn& turn, JournalRow entry) {
    auto& draft = turn.draft;
    draft.cluster_changed = true;
    entry.number = ++draft.cluster.journal;
    const auto kept = draft.base->limits.journal;
    if (entry.number > kept) draft.journal.erase(entry.number - kept);
    draft.journal.put(entry.number, entry);
    turn.effects.push_back(Announce{std::move(entry)});
}

}  // namespace

void CoordinatorTurn::announce(std::string topic, std::string object, std::string text) {
    write_news(*this);  // what was decided before is read before
    write(*this, entry_of(*this, std::move(topic), std::move(object), std::move(text)));
}

void CoordinatorTurn::note(std::string topic, std::string object, std::string text) {
    if (draft.news.size() >= draft.base->limits.news) {
        ++draft.counters.news_dropped;
        return;
    }
    draft.news.push_back(entry_of(*this, std::move(topic), std::move(object), std::move(text)));
}

void write_news(CoordinatorTurn& turn) {
    for (auto& entry : std::exchange(turn.draft.news, {})) write(turn, std::move(entry));
}

}  // namespace antiphon::core
