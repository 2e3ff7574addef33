// antiphon-ruler: measures from outside, on true time, how well the speakers of a virtual room play together.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "apps/ruler/mics/mics_command.hpp"
#include "apps/ruler/print.hpp"
#include "apps/ruler/watch.hpp"

namespace {

using namespace antiphon;

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;

struct Command {
    ruler::WatchOptions watch;
    ruler::Limits limits;
    bool json = false;
    std::string csv_file;
};

void add_options(CLI::App& watch, Command& command) {
    watch.add_option("ROOM", command.watch.room, "folder of the virtual room")->required();
    watch.add_option("--seconds", command.watch.seconds, "how long to measure")->check(CLI::Range(0.1, 86400.0));
    watch.add_flag("--from-sound", command.watch.from_sound, "start with the first sound");
    watch.add_option("--wait", command.watch.wait_s, "seconds after which --from-sound gives up, 60 by default")
        ->check(CLI::Range(0.1, 86400.0));
    watch.add_option("--limit-us", command.limits.skew_us, "what counts as in sync, 100 by default")
        ->check(CLI::Range(0.0, 1e9));
    watch.add_flag("--allow-silent", command.limits.silence_is_fine, "not all speakers have to play");
    watch.add_flag("--json", command.json, "one JSON object instead of a table");
    watch.add_option("--csv", command.csv_file, "also write each window's skews to this file");
}

bool write_file(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    return static_cast<bool>(file.flush());
}

int run(const Command& command) {
    const auto tracks = ruler::watch(command.watch);
    if (!tracks) {
        std::cerr << "antiphon-ruler: " << tracks.error().what << "\n";
        return exit_refused;
    }
    const auto report = ruler::summarise(*tracks, command.limits);
    std::cout << (command.json ? ruler::as_json(report) : ruler::as_text(report)) << std::flush;
    if (!command.csv_file.empty() && !write_file(command.csv_file, ruler::as_csv(report, ruler::window_hop_s))) {
        std::cerr << "antiphon-ruler: cannot write " << command.csv_file << "\n";
        return exit_refused;
    }
    return report.within_limits ? 0 : exit_refused;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Measures from outside how well the speakers of a virtual room play together.\n"
        "Exit codes: 0 in sync, 1 not in sync or not measured, with the reason, 2 usage.",
        "antiphon-ruler");
    app.require_subcommand(1);
    Command command;
    ruler::MicsCommand mics;
    add_options(*app.add_subcommand("watch", "compare what the speakers play, live"), command);
    auto& hear = *app.add_subcommand("mics", "find the speakers in recordings of what they played");
    add_options(hear, mics);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    return hear.parsed() ? run(mics) : run(command);
}
