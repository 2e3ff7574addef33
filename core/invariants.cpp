// The laws of a worker, each once.
#include "core/invariants.hpp"

#include <algorithm>
#include <map>

namespace antiphon::core {
namespace {

template <class Row, class Items>
bool contains_id(const Items& items, const Row& id) {
    return std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.id == id; });
}

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

Broken check_worker_progress(const WorkerMemory& old, const WorkerMemory& now) {
    if (now.desired.generation < old.desired.generation)
        return "I3: applied generation fell from " + number(old.desired.generation.value) + " to " +
               number(now.desired.generation.value);
    if (now.epoch < old.epoch)
        return "I4: epoch fell from " + number(old.epoch.value) + " to " + number(now.epoch.value);
    if (now.desired != old.desired && now.desired.epoch < old.epoch)
        return "I4: a document of epoch " + number(now.desired.epoch.value) + " was accepted after epoch " +
               number(old.epoch.value);
    if (now.desired != old.desired && now.desired.generation == old.desired.generation)
        return "I3: two documents of generation " + number(now.desired.generation.value);
    return std::nullopt;
}

Broken check_worker(const WorkerState& worker) {
    for (const auto& [id, run] : worker.sessions)
        if (!contains_id(worker.memory.desired.sessions, id))
            return "I20: session " + id.value + " runs though it is not desired";
    const auto& uplinks = worker.memory.desired.uplinks;
    for (const auto& [id, uplink] : worker.uplinks)
        if (!uplinks || !contains_id(*uplinks, id))
            return "I20: " + uplink.input + " is sent to session " + id.value + " though it is not desired";
    const auto activity = activity_of(worker);
    const bool busy = activity != Activity::waiting && activity != Activity::maintenance;
    if (worker.maintenance && busy) return "maintenance: given up while it plays or records";
    if (worker.maintenance && !worker.memory.desired.maintenance) return "maintenance: given up without being asked";
    if (worker.memory.commands.size() > remembered_commands_max) return "I17: remembered commands over their bound";
    return std::nullopt;
}

Broken check_worker_against(const WorkerState& worker, const WorkerId& id, Generation newest, Epoch highest) {
    if (worker.memory.desired.generation > newest)
        return "I3: worker " + id.value + " applies generation " + number(worker.memory.desired.generation.value) +
               ", but " + number(newest.value) + " is the newest that was ever durable";
    if (worker.memory.epoch > highest) return "I4: worker " + id.value + " has seen an epoch of nobody";
    return std::nullopt;
}

Broken check_report(const ReportedDocument& report, const WorkerState& worker, LocalTime now) {
    if (report.stamp != now) return "I15: a report is stamped at another time than it was made";
    if (report != report_of(worker, now)) return "I15: a report says what was not true at its stamp";
    return std::nullopt;
}

std::vector<std::string> driven_devices(const WorkerState& worker) {
    // What is its to drive it may have connected, also while nothing plays.
    auto devices = worker.driven ? worker.driven->devices : std::vector<std::string>();
    for (const auto& [id, run] : worker.sessions) {
        if (!run.rendering || run.report.state == SessionState::failed) continue;
        for (const auto& output : worker.outputs) {
            const auto& used = run.rendering->outputs;
            const bool is_used = std::find(used.begin(), used.end(), output.name) != used.end();
            if (is_used && is_shared_device(output.device)) devices.push_back(output.device);
        }
    }
    return devices;
}

Broken check_track(FrameCount frames, std::uint64_t gap_frames, FrameCount elapsed_frames) {
    const auto told = frames + static_cast<FrameCount>(gap_frames);
    if (told >= elapsed_frames - 1 && told <= elapsed_frames + 1) return std::nullopt;
    return "I13: " + std::to_string(frames) + " frames and gaps of " + std::to_string(gap_frames) + " are not the " +
           std::to_string(elapsed_frames) + " that passed";
}

std::optional<std::string> WorkerMachine::check(const WorkerDraft& draft) {
    if (auto broken = check_worker_progress(draft.before.memory, draft.next.memory)) return broken;
    return check_worker(draft.next);
}

}  // namespace antiphon::core
