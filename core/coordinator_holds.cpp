// Devices that only one board at a time may drive (I5). A hold begins when a session is planned, or a device is paired,
// and ends when its board has applied a document without the device: a board that is out of reach may still play what
// was stopped, and one that does not play may still have it connected.
#include <algorithm>

#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"

namespace antiphon::core {
namespace {

bool is_holder(const EndpointId& holder, const EndpointId& output) {
    if (mutated(Mutant::lease_by_name)) return holder.name == output.name;
    return holder.worker == output.worker;
}

// An output in an active session that has the device too.
const EndpointId* planned_with(const CoordinatorDraft& draft, const std::string& device, const WorkerId& worker) {
    const EndpointId* found = nullptr;
    draft.sessions.each([&](const SessionRow& session) {
        for (const auto& output : session.outputs)
            if (session.active() && output.worker == worker && device_of(draft, output) == device) found = &output;
    });
    return found;
}

Error held(const CoordinatorDraft& draft, const std::string& device, const HoldRow& hold) {
    const auto* worker = draft.workers.find(hold.holder.worker);
    const auto holder = display_name(draft, hold.holder);
    if (const auto* pairing = draft.pairings.find(device))
        return {ErrorCode::conflict, device + " is paired as " + display_name(draft, pairing->output) +
                                         "; play on that output, or forget it there first: antiphon bluetooth forget"};
    if (planned_with(draft, device, hold.holder.worker))
        return {ErrorCode::conflict, device + " plays on " + holder + "; stop that session first"};
    return {ErrorCode::conflict, device + " was driven by " + holder + ", and " +
                                     (worker ? worker->name : hold.holder.worker.value) +
                                     " has not said yet that it let go; bring that board back, or remove it with: "
                                     "antiphon workers remove"};
}

bool drives(const CoordinatorDraft& draft, const WorkerId& worker, const ReportedDocument& reported,
            const std::string& device) {
    return std::any_of(reported.sessions.begin(), reported.sessions.end(), [&](const SessionReport& report) {
        const auto* session = draft.sessions.find(report.id);
        return session && std::any_of(session->outputs.begin(), session->outputs.end(), [&](const EndpointId& output) {
                   return output.worker == worker && device_of(draft, output) == device;
               });
    });
}

// Whether the holder's document, as it was published last, has the device.
bool was_told(const CoordinatorState& before, const HoldRow& hold) {
    if (before.pairings.find(hold.device)) return true;
    for (const auto& [id, session] : before.sessions.rows())
        if (session->active() && std::ranges::find(session->outputs, hold.holder) != session->outputs.end())
            return true;
    return false;
}

// What a worker was told after the backup was made is known to nobody until it has followed this coordinator.
const WorkerRow* first_unheard(const CoordinatorDraft& draft) {
    const WorkerRow* found = nullptr;
    draft.workers.each([&](const WorkerRow& worker) {
        if (!found && !follows(draft, worker)) found = &worker;
    });
    return found;
}

}  // namespace

Result<void> require_free_device(const CoordinatorDraft& draft, const std::string& device, const EndpointId& output) {
    if (const auto* unheard = draft.cluster.restored ? first_unheard(draft) : nullptr)
        return Error{ErrorCode::conflict, "this coordinator was restored from a backup, and worker '" + unheard->name +
                                              "' has not answered since: it may drive " + device +
                                              "; bring that board back, or remove it with: antiphon workers remove"};
    const auto* hold = draft.holds.find(device);
    if (hold && !is_holder(hold->holder, output)) return held(draft, device, *hold);
    return {};
}

Result<void> require_free_devices(const CoordinatorDraft& draft, const std::vector<EndpointId>& outputs) {
    std::map<std::string, EndpointId> asked;
    for (const auto& output : outputs) {
        const auto device = device_of(draft, output);
        if (!is_shared_device(device)) continue;
        const auto* planned = planned_with(draft, device, output.worker);
        const auto [other, first] = asked.emplace(device, output);
        if (planned || !first)
            return Error{ErrorCode::conflict, display_name(draft, planned ? *planned : other->second) + " and " +
                                                  display_name(draft, output) + " are both " + device +
                                                  "; it plays one session at a time"};
        if (auto free = require_free_device(draft, device, output); !free) return free;
    }
    return {};
}

void hold_devices(CoordinatorTurn& turn, const std::vector<EndpointId>& outputs) {
    for (const auto& output : outputs) {
        const auto device = device_of(turn.draft, output);
        if (!is_shared_device(device)) continue;
        turn.draft.holds.put(device, {device, output});
        turn.touched.insert(output.worker);
    }
}

void release_devices(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& reported) {
    const bool any_report = mutated(Mutant::stale_acknowledgement);
    if (reported.applied < worker.generation && !any_report) return;
    std::vector<std::string> released;
    turn.draft.holds.each([&](const HoldRow& hold) {
        const bool ours = hold.holder.worker == worker.id && !turn.draft.pairings.find(hold.device);
        if (ours && !planned_with(turn.draft, hold.device, worker.id) &&
            (any_report || !was_told(*turn.draft.base, hold)) &&
            (any_report || !drives(turn.draft, worker.id, reported, hold.device)))
            released.push_back(hold.device);
    });
    for (const auto& device : released) turn.draft.holds.erase(device);
    if (!released.empty()) turn.touched.insert(worker.id);
}

}  // namespace antiphon::core
