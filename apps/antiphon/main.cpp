// antiphon: one binary with the coordinator, the worker, and the verbs of the command line.
#include "adapters/system/lean.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/supervisor.hpp"
#include "apps/cli/run.hpp"
#include "apps/coordinator/options.hpp"
#include "apps/worker/options.hpp"

namespace {

using namespace antiphon;

std::optional<std::string> text_of(const std::optional<std::filesystem::path>& path) {
    return path ? std::optional(path->string()) : std::nullopt;
}

int run_coordinator(const cli::CoordinatorOptions& options) {
    system::log::configure({"coordinator", "", options.log_format, system::log::Level::info});
    return coordinator::run({options.data, options.listen, options.broker, options.mqtt_port, options.clock_port,
                             options.insecure_lan, text_of(options.room)});
}

int run_worker(const cli::WorkerOptions& options) {
    system::log::configure({options.name, "", options.log_format, system::log::Level::info});
    return worker::run({options.name, options.join, options.data, options.outputs, options.inputs,
                        text_of(options.room), options.clock_agreement});
}

}  // namespace

int main(int argc, char** argv) {
    system::start_small();
    return cli::run(argc, argv, {run_coordinator, run_worker, system::supervise});
}
