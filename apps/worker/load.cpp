// One row: its memory.
#include "apps/worker/load.hpp"

#include "apps/node/rows.hpp"

namespace antiphon::worker {

core::Result<core::WorkerState> load_state(ports::Store& store) {
    auto memory = node::load_row<core::WorkerMemory>(store, "worker/memory");
    if (!memory) return memory.error();
    core::WorkerState state;
    if (*memory) state.memory = std::move(**memory);
    return state;
}

core::Result<std::string> upgrade_row(std::string_view key, std::string_view value) {
    if (auto memory = node::upgrade_of<core::WorkerMemory>("worker", key, value)) return std::move(*memory);
    return std::string(value);
}

}  // namespace antiphon::worker
