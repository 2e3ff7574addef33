// Inputs that somebody hears by way of the coordinator: their boards send them here for as long as anybody takes them.
#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

// Nothing comes of a board that is not there, and whoever wants to hear it is better told at once.
Result<EndpointId> require_heard(const CoordinatorDraft& draft, const std::string& name) {
    auto inputs = resolve_inputs(draft, {name});
    if (!inputs) return inputs.error();
    if (inputs->size() != 1)
        return Error{ErrorCode::invalid, "'" + name + "' is more than one input; name one of them to listen to it"};
    if (auto free = require_no_maintenance(draft, *inputs); !free) return free.error();
    const auto& input = inputs->front();
    const auto* presence = draft.presence.find(input.worker);
    if (!presence || !presence->online)
        return Error{ErrorCode::unavailable,
                     "worker '" + draft.workers.find(input.worker)->name + "' is offline: nothing comes from " + name};
    return input;
}

std::vector<ListenRow> listens_where(const CoordinatorDraft& draft, const auto& wanted) {
    std::vector<ListenRow> found;
    draft.listens.each([&](const ListenRow& row) {
        if (wanted(row)) found.push_back(row);
    });
    return found;
}

void end_listen(CoordinatorTurn& turn, const ListenRow& row) {
    turn.announce("input.unheard", row.input.worker.value, "nobody listens to its input " + row.input.name);
    turn.touched.insert(row.input.worker);
    turn.draft.listens.erase(row.id);
}

}  // namespace

OpenSource order_for(const CoordinatorDraft& draft, const ListenRow& listen) {
    return {listen.id, "input:" + display_name(draft, listen.input), std::nullopt};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ListenRequest& request) {
    auto input = require_heard(turn.draft, request.input);
    if (!input) return input.error();
    const auto same = listens_where(turn.draft, [&](const ListenRow& row) { return row.input == *input; });
    if (same.empty())
        if (auto room = require_room_for_source(turn.draft); !room) return room.error();
    ListenRow row = same.empty() ? ListenRow{{turn.new_id('l')}, *input} : same.front();
    row.asked = turn.cluster_now();
    turn.announce("input.heard", input->worker.value, "somebody listens to its input " + input->name);
    turn.draft.listens.put(row.id, row);
    // before the answer: who gets that takes it at once
    if (same.empty()) turn.effects.push_back(order_for(turn.draft, row));
    return AnswerBody{row};
}

void open_listen(CoordinatorTurn& turn, const ListenRow& listen, const SourceOpened& opened) {
    auto row = listen;
    row.uplink = opened.uplink;
    if (row.begins) turn.effects.push_back(BeginSource{row.id, *row.begins});
    if (!row.begins) row.begins = turn.cluster_now();
    turn.touched.insert(row.input.worker);
    turn.draft.listens.put(row.id, std::move(row));
}

void hear_listeners(CoordinatorTurn& turn, const ListenersGone& gone) {
    const auto* row = turn.draft.listens.find(gone.id);
    if (row && turn.now.ns - row->asked.ns >= listen_linger.count()) end_listen(turn, ListenRow(*row));
}

void fail_listen(CoordinatorTurn& turn, const ListenRow& listen, const std::string& reason) {
    turn.note("input.failed", listen.input.worker.value, "input " + listen.input.name + ": " + reason);
    end_listen(turn, ListenRow(listen));
}

void end_listens_of(CoordinatorTurn& turn, const WorkerId& worker) {
    for (const auto& row : listens_where(turn.draft, [&](const ListenRow& it) { return it.input.worker == worker; }))
        end_listen(turn, row);
}

void end_listens(CoordinatorTurn& turn) {
    for (const auto& row : listens_where(turn.draft, [](const ListenRow&) { return true; })) end_listen(turn, row);
}

void tend_listen(CoordinatorTurn& turn, const SessionId& id, const ListenRow* before, const ListenRow* now) {
    if (!now) {
        if (before) turn.effects.push_back(CloseSource{id});
        return;
    }
    if (now->begins && (!before || before->begins != now->begins))
        turn.effects.push_back(BeginSource{id, *now->begins});
}

}  // namespace antiphon::core
