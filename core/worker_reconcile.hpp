// Compares a worker with its desired document and sets going what differs.
#pragma once

#include <vector>

#include "core/worker.hpp"

namespace antiphon::core {

// Brings `state` and the effects into line with state.memory.desired. Idempotent: twice does nothing more than once.
void reconcile(WorkerState& state, std::vector<WorkerEffect>& effects);

// It was stopped, or its end has come, by the cluster's clock as far as that is known here.
bool is_over(const WorkerState& state, const DesiredRecording& recording);

}  // namespace antiphon::core
