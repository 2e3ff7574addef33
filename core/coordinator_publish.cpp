// From rows to documents: what each worker shall be, and its next generation when that changed.
#include <algorithm>

#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

std::vector<std::string> names_on(const std::vector<EndpointId>& endpoints, const WorkerId& worker) {
    std::vector<std::string> names;
    for (const auto& endpoint : endpoints)
        if (endpoint.worker == worker) names.push_back(endpoint.name);
    return names;
}

void add_session(DesiredDocument& document, const SessionRow& row, const WorkerId& worker) {
    auto outputs = names_on(row.outputs, worker);
    if (!row.active() || outputs.empty()) return;
    document.sessions.push_back({row.id, row.programme, std::move(outputs), row.start, row.from_frame, row.volume});
}

void add_uplink(DesiredDocument& document, const SessionRow& row, const WorkerId& worker) {
    const auto& live = row.programme.live;
    if (!row.active() || !live || !live->begins || !row.uplink || !row.uplink->door) return;
    if (row.uplink->input.worker != worker) return;
    if (!document.uplinks) document.uplinks.emplace();
    document.uplinks->push_back({row.id, row.uplink->input.name, *row.uplink->door, *live->begins + -uplink_lead});
}

void add_listen(DesiredDocument& document, const ListenRow& row, const WorkerId& worker) {
    if (row.input.worker != worker || !row.uplink || !row.begins) return;
    if (!document.uplinks) document.uplinks.emplace();
    document.uplinks->push_back({row.id, row.input.name, *row.uplink, *row.begins + -uplink_lead});
}

void add_recording(DesiredDocument& document, const RecordingRow& row, const WorkerId& worker) {
    if (!row.active()) return;
    DesiredRecording recording{row.id, {}, row.phase == RecordingPhase::stopping};
    if (row.ends) recording.ends = row.ends->at;
    recording.on_sound = row.on_sound;
    for (const auto& track : row.tracks) {
        if (track.input.worker == worker && !track.over()) recording.inputs.push_back(track.input.name);
    }
    if (!recording.inputs.empty()) document.recordings.push_back(std::move(recording));
}

// It plays, or it is this board's because it was paired with it.
bool is_for_something(const DesiredDocument& document, const HoldRow& hold) {
    const auto has = [&](const DesiredSession& session) {
        return std::ranges::find(session.outputs, hold.holder.name) != session.outputs.end();
    };
    const auto is_it = [&](const PairedOutput& paired) { return paired.device == hold.device; };
    return std::ranges::any_of(document.sessions, has) ||
           (document.paired && std::ranges::any_of(*document.paired, is_it));
}

// `source` is a draft or a state: both can look at each row.
template <class EachSession, class EachListen, class EachRecording, class EachOutput, class EachHold, class EachPairing>
DesiredDocument build(const WorkerRow& row, Epoch epoch, EachSession each_session, EachListen each_listen,
                      EachRecording each_recording, EachOutput each_output, EachHold each_hold,
                      EachPairing each_pairing) {
    DesiredDocument document;
    document.epoch = epoch;
    document.generation = row.generation;
    document.name = row.name;
    document.maintenance = row.maintenance;
    each_session([&](const SessionRow& session) {
        add_session(document, session, row.id);
        add_uplink(document, session, row.id);
    });
    each_listen([&](const ListenRow& listen) { add_listen(document, listen, row.id); });
    each_recording([&](const RecordingRow& recording) { add_recording(document, recording, row.id); });
    each_output([&](const OutputRow& output) {
        if (output.output.worker == row.id)
            document.outputs.push_back({output.output.name, output.volume, output.muted, output.max_level});
    });
    each_pairing([&](const PairingRow& pairing) {
        if (pairing.output.worker != row.id) return;
        if (!document.paired) document.paired.emplace();
        document.paired->push_back({pairing.output.name, pairing.device});
    });
    // A hold outlives what it was for: until the board has said that it follows a document without it.
    each_hold([&](const HoldRow& hold) {
        if (hold.holder.worker == row.id && is_for_something(document, hold)) document.devices.push_back(hold.device);
    });
    return document;
}

template <class Id, class Row>
auto rows_of(const Table<Id, Row>& table) {
    return [&table](auto visit) {
        for (const auto& [id, row] : table.rows()) visit(*row);
    };
}

template <class Id, class Row>
auto rows_of(const TableDraft<Id, Row>& draft) {
    return [&draft](auto visit) { draft.each(visit); };
}

// Who held what after the backup was made is not known: until all follow, nobody is told to drive a shared device.
template <class Source>
DesiredDocument document_from(const Source& source, const WorkerRow& row) {
    const auto held = [&](auto visit) {
        if (!source.cluster.restored) rows_of(source.holds)(visit);
    };
    return build(row, source.cluster.epoch, rows_of(source.sessions), rows_of(source.listens),
                 rows_of(source.recordings), rows_of(source.outputs), held, rows_of(source.pairings));
}

}  // namespace

DesiredDocument desired_document(const CoordinatorState& state, const WorkerId& worker) {
    return document_from(state, *state.workers.find(worker));
}

void publish_touched(CoordinatorTurn& turn) {
    for (const auto& id : turn.touched) {
        const auto* row = turn.draft.workers.find(id);
        if (!row) continue;
        auto document = document_from(turn.draft, *row);
        const auto* before = turn.draft.workers.before(id);
        if (before && document == document_from(*turn.draft.base, *before)) continue;
        turn.behind.erase(id);
        ++document.generation.value;
        turn.draft.workers.update(id, [](WorkerRow& worker) { ++worker.generation.value; });
        turn.effects.push_back(PublishDesired{id, std::move(document), turn.new_message_id()});
    }
    for (const auto& id : turn.behind)
        if (const auto* row = turn.draft.workers.find(id))
            turn.effects.push_back(PublishDesired{id, document_from(turn.draft, *row), turn.new_message_id()});
}

}  // namespace antiphon::core
