// The laws of the cluster that can be read off its states (FAULTS: I1-I4, I20, and the case study's maintenance law).
// The simulator checks them after every event; each returns the broken law in words, or nothing.
#pragma once

#include <optional>
#include <string>

#include "core/coordinator.hpp"
#include "core/worker.hpp"

namespace antiphon::core {

using Broken = std::optional<std::string>;

// What must hold between two looks at one worker of the same memory (I3: applied is monotone, I4: so is the epoch).
Broken check_worker_progress(const WorkerState& before, const WorkerState& after);

// What must hold of a worker now: nothing runs that its document does not want (I20), and one that has given itself up
// for maintenance neither plays nor records.
Broken check_worker(const WorkerState& worker);

// A worker never runs ahead of what is desired (I3), nor of the coordinator's epoch (I4).
Broken check_worker_against(const WorkerState& worker, const WorkerId& id, const CoordinatorState& durable);

// What must hold between two durable states of the coordinator: what is over stays over (I20), versions and epochs
// grow.
Broken check_coordinator_progress(const CoordinatorState& before, const CoordinatorState& after);

// What must hold of the coordinator now: no output is in two active sessions, no session or recording is planned on a
// worker that shall be in maintenance.
Broken check_coordinator(const CoordinatorState& state);

}  // namespace antiphon::core
