// Live sources: which shall be open follows from the sessions; what their senders say becomes part of those.
#include <algorithm>

#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"
#include "core/session.hpp"

namespace antiphon::core {
namespace {

bool is_live(const SessionRow* session) { return session && session->programme.live && session->active(); }

// On the clock of another life of this machine it has yet to be decided when.
void begin_source(CoordinatorTurn& turn, const SessionRow& session) {
    const auto& begins = session.programme.live->begins;
    if (begins && begins->incarnation == turn.draft.cluster.incarnation)
        turn.effects.push_back(BeginSource{session.id, *begins});
}

OpenSource order_for(const SessionRow& session) {
    const auto& live = *session.programme.live;
    return {session.id, live.source, live.codec.value_or(LiveCodec::flac)};
}

// What is to be done about the source of a session that was `before` and is `now`; each may be missing.
void tend(CoordinatorTurn& turn, const SessionId& id, const SessionRow* before, const SessionRow* now) {
    if (!is_live(now)) {
        if (is_live(before) && !mutated(Mutant::source_left_open)) turn.effects.push_back(CloseSource{id});
        return;
    }
    const auto& live = *now->programme.live;
    if (!is_live(before)) turn.effects.push_back(order_for(*now));
    if (is_live(before) && before->open_door != now->open_door) turn.effects.push_back(SetOpenDoor{id, now->open_door});
    const bool known = is_live(before) && before->programme.live->begins == live.begins;
    if (!known && live.door) begin_source(turn, *now);
}

// Of an output, as far as it is known: how long after its arrival a frame can be heard.
Duration latency_of(const CoordinatorDraft& draft, const EndpointId& output) {
    const auto* presence = draft.presence.find(output.worker);
    if (!presence) return {};
    for (const auto& endpoint : presence->reported.outputs)
        if (endpoint.name == output.name && endpoint.latency_ns) return Duration{*endpoint.latency_ns};
    return {};
}

std::string milliseconds_of(Duration duration) {
    return std::to_string((duration.count() + 999'999) / 1'000'000) + " ms";
}

}  // namespace

Result<Duration> live_latency(const CoordinatorDraft& draft, const std::vector<EndpointId>& outputs, LiveCodec codec,
                              std::optional<Duration> asked) {
    const auto transport = live_transport(codec);
    if (asked && (*asked < transport || *asked > live_latency_max))
        return Error{ErrorCode::invalid, "a latency of " + milliseconds_of(*asked) + " is outside " +
                                             milliseconds_of(transport) + " to " + milliseconds_of(live_latency_max)};
    const EndpointId* slowest = nullptr;
    for (const auto& output : outputs)
        if (!slowest || latency_of(draft, output) > latency_of(draft, *slowest)) slowest = &output;
    const auto least = transport + (slowest ? latency_of(draft, *slowest) : Duration{0});
    if (least > live_latency_max || (asked && *asked < least))
        return Error{ErrorCode::conflict,
                     display_name(draft, *slowest) + " needs a latency of " + milliseconds_of(least) +
                         " to play a live source; " +
                         (asked && least <= live_latency_max
                              ? "ask for that, or leave it out"
                              : "more than " + milliseconds_of(live_latency_max) + " cannot be had")};
    const auto wanted = std::min(least + live_repairs_wanted, live_latency_max);
    return asked.value_or(std::max(wanted, live_latency_default));
}

Result<void> require_room_for_source(const CoordinatorDraft& draft) {
    std::size_t open = count_of(draft.listens);
    draft.sessions.each([&](const SessionRow& session) { open += is_live(&session) ? 1 : 0; });
    if (open < live_sources_max) return {};
    return Error{ErrorCode::exhausted, std::to_string(open) + " live sources are open already; stop one of them first"};
}

void open_sources_again(CoordinatorTurn& turn) {
    KeepSources keep;
    std::vector<CoordinatorEffect> open;
    turn.draft.sessions.each([&](const SessionRow& session) {
        if (!is_live(&session)) return;
        keep.sessions.insert(session.id);
        open.push_back(order_for(session));
        open.push_back(SetOpenDoor{session.id, session.open_door});
    });
    turn.draft.listens.each([&](const ListenRow& row) {
        keep.sessions.insert(row.id);
        open.push_back(order_for(turn.draft, row));
    });
    turn.effects.push_back(std::move(keep));
    turn.effects.insert(turn.effects.end(), open.begin(), open.end());
}

void hear_source(CoordinatorTurn& turn, const SourceOpened& opened) {
    const auto* session = turn.draft.sessions.find(opened.session);
    const auto* listen = turn.draft.listens.find(opened.session);
    if (listen) return open_listen(turn, *listen, opened);
    if (!is_live(session)) return;  // stopped meanwhile, and told to close
    auto changed = open_source(*session, opened.door, turn.cluster_now());
    if (changed.uplink) changed.uplink->door = opened.uplink;
    turn.touch(changed.endpoints());
    if (changed.programme.live->begins == session->programme.live->begins) begin_source(turn, changed);
    turn.draft.sources.put(changed.id, {changed.id, SourceState::opening, ""});
    turn.draft.sessions.put(changed.id, std::move(changed));
}

void hear_source(CoordinatorTurn& turn, const SourceChanged& changed) {
    const auto* session = turn.draft.sessions.find(changed.status.id);
    const auto* listen = turn.draft.listens.find(changed.status.id);
    if (listen && changed.status.state == SourceState::failed) fail_listen(turn, *listen, changed.status.reason);
    if (!is_live(session)) return;
    const auto& status = changed.status;
    turn.draft.sources.put(status.id, status);
    if (status.state != SourceState::ended && status.state != SourceState::failed) {
        turn.note("session.source", status.id.value,
                  status.state == SourceState::flowing ? "its source is heard" : status.reason);
        return;
    }
    auto over = end_source(*session, status.state == SourceState::failed ? status.reason : "");
    keep_last_words(turn.draft, over);
    turn.touch(over.endpoints());
    announce_phase(turn, over);
    turn.draft.sessions.put(over.id, std::move(over));
}

void tend_sources(CoordinatorTurn& turn) {
    const bool silenced = turn.draft.cluster.superseded_by && !turn.draft.base->cluster.superseded_by;
    if (silenced) {
        turn.draft.sessions.each([&](const SessionRow& session) {
            if (is_live(&session)) turn.effects.push_back(CloseSource{session.id});
        });
        turn.draft.listens.each([&](const ListenRow& row) { turn.effects.push_back(CloseSource{row.id}); });
    }
    if (turn.draft.cluster.superseded_by) return;
    for (const auto& [id, row] : turn.draft.sessions.writes()) {
        tend(turn, id, turn.draft.sessions.before(id), row.get());
        if (!is_live(row.get()) && turn.draft.sources.find(id)) turn.draft.sources.erase(id);
    }
    for (const auto& [id, row] : turn.draft.listens.writes())
        tend_listen(turn, id, turn.draft.listens.before(id), row.get());
}

}  // namespace antiphon::core
