// antiphon-sim: replays one seed with a readable trace, or sweeps many and names those that break a law.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "sim/recording_life.hpp"
#include "sim/simulation.hpp"

namespace {

using antiphon::sim::Outcome;

constexpr const char* usage =
    "antiphon-sim: the whole cluster on a virtual clock, with a hostile network\n"
    "\n"
    "  antiphon-sim SEED [--workers N]                           replay one seed, with its trace\n"
    "  antiphon-sim --sweep COUNT [--first SEED] [--workers N]   run COUNT seeds; name those that break a law\n"
    "  antiphon-sim --recordings COUNT [--first SEED]            the same of recordings: one board, hostile disks\n"
    "\n"
    "The same seed, with as many workers (4; 1 to 100), gives the same trace and the same hash. Exit code: 0 all laws "
    "held, 1 one was broken\n"
    "or too little was exercised, 2 usage.\n";

std::optional<std::uint64_t> number(const char* text) {
    std::uint64_t value = 0;
    const char* end = text + std::strlen(text);
    const auto parsed = std::from_chars(text, end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

int complain(const std::string& what) {
    std::fprintf(stderr, "antiphon-sim: %s\n\n%s", what.c_str(), usage);
    return 2;
}

void print_counts(const Outcome& outcome) {
    const auto count = [](const char* what, std::uint64_t value) {
        std::printf("  %-22s %12llu\n", what, static_cast<unsigned long long>(value));
    };
    count("requests", outcome.requests);
    count("answered", outcome.checks.answers);
    count("refused", outcome.checks.refusals);
    count("crashes", outcome.crashes);
    count("broken links", outcome.network.link_breaks);
    count("messages", outcome.network.sent);
    count("lost", outcome.network.lost);
    count("duplicated", outcome.network.duplicated);
    count("failed commits", outcome.disk_failures);
    count("dead at a disk call", outcome.deaths_at_disk);
    count("stopped, continued", outcome.pauses);
    count("wall clock steps", outcome.wall_steps);
    count("restored backups", outcome.restores);
    count("superseded", outcome.checks.superseded);
    count("restarts", outcome.checks.restarts);
    count("gave up", outcome.checks.gave_up);
    count("let in by a token", outcome.checks.let_in);
    count("token was over", outcome.checks.shut_out);
    count("late copies", outcome.network.late_copies);
    count("lost one way", outcome.network.one_way);
    count("wiped brokers", outcome.network.wipes);
    count("not permitted", outcome.checks.denied);
    count("version conflicts", outcome.checks.conflicts);
    count("repeated requests", outcome.checks.repeated);
    count("on shared devices", outcome.checks.shared_played);
    count("sessions heard", outcome.checks.played);
    count("live sources", outcome.checks.sources);
    count("listeners", outcome.checks.listened);
    count("pongs", outcome.checks.pongs);
    count("recordings handed in", outcome.checks.uploaded);
    count("recordings by schedule", outcome.checks.scheduled);
    count("maintenance granted", outcome.checks.granted);
    count("maintenance refused", outcome.checks.refused_busy);
    count("worker checks", outcome.checks.worker_checks);
    count("coordinator checks", outcome.checks.coordinator_checks);
}

int replay(std::uint64_t seed, int workers) {
    const auto outcome = antiphon::sim::run({.seed = seed, .workers = workers}, [](std::string_view line) {
        std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    });
    std::printf("\nseed %llu: %llu lines, trace hash %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.lines), static_cast<unsigned long long>(outcome.hash));
    print_counts(outcome);
    std::printf("%s\n", outcome.broken ? ("BROKEN: " + *outcome.broken).c_str() : "all laws held");
    return outcome.broken ? 1 : 0;
}

int sweep(std::uint64_t first, std::uint64_t count, int workers) {
    antiphon::sim::Sweep sums;
    const std::uint64_t report_every = std::max<std::uint64_t>(1, count / 10);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const auto outcome = antiphon::sim::run({.seed = seed, .workers = workers});
        sums.add(outcome);
        if (outcome.broken)
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.broken->c_str());
        if ((seed - first + 1) % report_every == 0) {
            std::printf("%llu of %llu seeds, %llu broken\n", static_cast<unsigned long long>(seed - first + 1),
                        static_cast<unsigned long long>(count), static_cast<unsigned long long>(sums.failures));
            std::fflush(stdout);
        }
    }
    print_counts(sums.total);
    if (const auto little = sums.too_little()) {
        std::printf("FAILED: %s\n", little->c_str());
        return 1;
    }
    std::printf("%s\n", sums.failures ? "FAILED: replay a broken seed with: antiphon-sim SEED" : "all laws held");
    return sums.failures ? 1 : 0;
}

int sweep_recordings(std::uint64_t first, std::uint64_t count) {
    antiphon::sim::RecordingSweep sums;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const auto outcome = antiphon::sim::run_recording(seed);
        sums.add(outcome);
        if (outcome.broken)
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.broken->c_str());
    }
    const auto& total = sums.total;
    for (const auto& [what, value] : {std::pair{"kills", total.kills},
                                      {"power cuts", total.power_cuts},
                                      {"refusals of the disk", total.refusals},
                                      {"quiet stretches", total.quiet},
                                      {"missed stretches", total.missed},
                                      {"released segments", total.released},
                                      {"broken uploads", total.broken_off},
                                      {"damaged uploads", total.damaged},
                                      {"coordinator power cuts", total.shelf_cuts}})
        std::printf("  %-22s %12llu\n", what, static_cast<unsigned long long>(value));
    const auto little = sums.too_little();
    std::printf("%s\n", little          ? ("FAILED: " + *little).c_str()
                        : sums.failures ? "FAILED: replay a broken seed with: antiphon-sim --recordings 1 --first SEED"
                                        : "all laws held");
    return little || sums.failures ? 1 : 0;
}

struct Options {
    std::optional<std::uint64_t> seed, sweep, recordings, first, workers;
};

// Nothing: the command line says something else.
std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        auto* value = word == "--sweep" ? &options.sweep : word == "--first" ? &options.first : nullptr;
        if (word == "--workers") value = &options.workers;
        if (word == "--recordings") value = &options.recordings;
        if (value && ++i == argc) return std::nullopt;
        if (!value) value = &options.seed;
        if (*value || !(*value = number(argv[i]))) return std::nullopt;
    }
    const int wanted = options.seed.has_value() + options.sweep.has_value() + options.recordings.has_value();
    const bool sound = wanted == 1 && !(options.seed && options.first) && !(options.recordings && options.workers);
    return sound ? std::optional(options) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
        std::fputs(usage, stdout);
        return 0;
    }
    const auto options = parse(argc, argv);
    if (!options) return complain("a seed, --sweep COUNT or --recordings COUNT is wanted; each is a whole number");
    const auto workers = options->workers.value_or(4);
    if (workers < 1 || workers > 100) return complain("--workers " + std::to_string(workers) + ": 1 to 100");
    if (options->seed) return replay(*options->seed, static_cast<int>(workers));
    if (options->recordings.value_or(1) == 0 || options->sweep.value_or(1) == 0) return complain("COUNT is at least 1");
    if (options->recordings) return sweep_recordings(options->first.value_or(1), *options->recordings);
    return sweep(options->first.value_or(1), *options->sweep, static_cast<int>(workers));
}
