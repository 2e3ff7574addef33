// The laws of the cluster that can be read off its states; docs/testing.md lists them by number. Each returns the
// broken law in words, or nothing. The cheap ones are also looked at in production, before anything is stored:
// Machine::check.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/coordinator.hpp"
#include "core/worker.hpp"

namespace antiphon::core {

using Broken = std::optional<std::string>;

// ---- of one worker

// What must hold between two looks at one worker of the same memory (I3: applied is monotone, I4: so is the epoch).
Broken check_worker_progress(const WorkerMemory& before, const WorkerMemory& after);

// What must hold of a worker now: nothing runs that its document does not want (I20), its queues are within their
// bounds (I17), and one that has given itself up for maintenance neither plays nor records.
Broken check_worker(const WorkerState& worker);

// A worker never runs ahead of what was ever desired (I3), nor of any coordinator's epoch (I4).
Broken check_worker_against(const WorkerState& worker, const WorkerId& id, Generation newest, Epoch highest);

// I15: the report says what is true of the worker at its stamp.
Broken check_report(const ReportedDocument& report, const WorkerState& worker, LocalTime now);

// Shared devices that it may be driving.
std::vector<std::string> driven_devices(const WorkerState& worker);

// I13: what was recorded and what is known to be missing are all that passed.
Broken check_track(FrameCount frames, std::uint64_t gap_frames, FrameCount elapsed_frames);

// ---- of the coordinator

// What must hold between two durable states: what is over stays over (I20), versions and epochs grow, and who vanishes
// leaves a tombstone.
Broken check_coordinator_progress(const CoordinatorState& before, const CoordinatorState& after);

// What must hold now: no output is in two active sessions, no session or recording is planned on a worker that is gone
// or shall be in maintenance, and what is kept is within its bounds (I17).
Broken check_coordinator(const CoordinatorState& state);

}  // namespace antiphon::core
