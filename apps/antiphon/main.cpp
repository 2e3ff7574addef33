// antiphon: one binary with the coordinator, the worker, and the verbs of the command line.
#include "adapters/system/lean.hpp"
#include "adapters/system/supervisor.hpp"
#include "apps/cli/run.hpp"
#include "apps/coordinator/restore.hpp"
#include "apps/coordinator/run.hpp"
#include "apps/worker/run.hpp"

int main(int argc, char** argv) {
    using namespace antiphon;
    system::start_small();
    return cli::run(argc, argv, {coordinator::run, worker::run, system::supervise, coordinator::restore});
}
