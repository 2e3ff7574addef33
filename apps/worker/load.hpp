// What a worker finds in its store.
#pragma once

#include <string>
#include <string_view>

#include "core/worker.hpp"
#include "ports/store.hpp"

namespace antiphon::worker {

// `invalid` names what cannot be read.
core::Result<core::WorkerState> load_state(ports::Store& store);

// A row of an older schema as this program writes it.
core::Result<std::string> upgrade_row(std::string_view key, std::string_view value);

}  // namespace antiphon::worker
