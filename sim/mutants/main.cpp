// antiphon-sim-mutants: puts one deliberate bug after another into the cluster or a recorder, and asks whether the
// simulator sees it.
#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "core/mutants.hpp"
#include "sim/recording_life.hpp"
#include "sim/simulation.hpp"

namespace {

using antiphon::core::Mutant;

constexpr const char* usage =
    "antiphon-sim-mutants: the simulated cluster and recorder with a deliberate bug in them\n"
    "\n"
    "  antiphon-sim-mutants [--seeds COUNT]             each bug in turn; COUNT seeds at most for each (10000)\n"
    "  antiphon-sim-mutants MUTANT [--seeds COUNT]      one of them\n"
    "\n"
    "Prints one line a bug: the first seed that breaks a law, and the law. The last line is\n"
    "`N passed, N failed, 0 skipped`; a bug that is not caught has failed. Exit code: 0 all are caught,\n"
    "1 one is not, 2 usage.\n";

const char* name_of(Mutant mutant) { return boost::describe::enum_to_string(mutant, "?"); }

// Those of the recorder have a simulation of their own.
bool is_of_recordings(Mutant mutant) { return mutant >= Mutant::gap_too_short; }

std::optional<std::string> law_broken_by(Mutant mutant, std::uint64_t seed) {
    return is_of_recordings(mutant) ? antiphon::sim::run_recording(seed).broken
                                    : antiphon::sim::run({.seed = seed}).broken;
}

// True: caught.
bool hunt(Mutant mutant, std::uint64_t seeds) {
    antiphon::core::current_mutant = mutant;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto broken = law_broken_by(mutant, seed);
        if (!broken) continue;
        std::printf("%-22s caught by seed %llu: %s\n", name_of(mutant), static_cast<unsigned long long>(seed),
                    broken->c_str());
        std::fflush(stdout);
        return true;
    }
    std::printf("failed: %s was not caught in %llu seeds\n", name_of(mutant), static_cast<unsigned long long>(seeds));
    std::fflush(stdout);
    return false;
}

int hunt_all(std::uint64_t seeds) {
    int caught = 0;
    int missed = 0;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Mutant>>([&](auto descriptor) {
        if (descriptor.value != Mutant::none) ++(hunt(descriptor.value, seeds) ? caught : missed);
    });
    std::printf("%d passed, %d failed, 0 skipped\n", caught, missed);
    return missed == 0 ? 0 : 1;
}

int complain(const std::string& what) {
    std::fprintf(stderr, "antiphon-sim-mutants: %s\n\n%s", what.c_str(), usage);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seeds = 10000;
    Mutant mutant = Mutant::none;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--help" || word == "-h") return std::fputs(usage, stdout), 0;
        if (word == "--seeds" && i + 1 < argc) {
            const char* text = argv[++i];
            const char* end = text + std::strlen(text);
            const auto parsed = std::from_chars(text, end, seeds);
            if (parsed.ec != std::errc{} || parsed.ptr != end || seeds == 0)
                return complain("COUNT is a whole number, at least 1");
        } else if (!boost::describe::enum_from_string(word.c_str(), mutant) || mutant == Mutant::none) {
            return complain("there is no mutant '" + word + "'");
        }
    }
    if (mutant != Mutant::none) return hunt(mutant, seeds) ? 0 : 1;
    return hunt_all(seeds);
}
