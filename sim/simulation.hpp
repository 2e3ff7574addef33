// One run: a coordinator, workers, users and faults on a virtual clock, all drawn from one seed. A safety phase with
// faults, then a quiet phase in which everything must come to rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/checker.hpp"
#include "sim/trace.hpp"

namespace antiphon::sim {

inline constexpr core::Duration idle_for = std::chrono::seconds(10);  // nothing but heartbeats, at the end

struct Plan {
    std::uint64_t seed = 1;
    int workers = 4;
    core::Duration faults_for = std::chrono::seconds(50);
    core::Duration quiet_for = std::chrono::seconds(30);  // until all must be what they shall be; then `idle_for`
};

struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;  // of the trace: the same seed gives the same
    std::uint64_t lines = 0;
    std::optional<std::string> broken;  // the first law that did not hold
    std::uint64_t requests = 0;
    std::uint64_t crashes = 0;
    CheckCounters checks;
    NetworkCounters network;
    std::uint64_t disk_failures = 0;
    std::uint64_t deaths_at_disk = 0;  // between a write and its sync, or right after it
    std::uint64_t pauses = 0;          // processes stopped and continued
    std::uint64_t wall_steps = 0;
    std::uint64_t restores = 0;  // a backup starts beside the coordinator that it was made of
};

// Deterministic; no other state than its arguments.
Outcome run(const Plan& plan, Trace::Sink sink = {});

// Sums over many runs, and what was too little exercised to mean anything; nothing: it was enough.
struct Sweep {
    std::uint64_t runs = 0;
    std::uint64_t failures = 0;
    Outcome total;
    void add(const Outcome& outcome);
    std::optional<std::string> too_little() const;
};

}  // namespace antiphon::sim
