// One node's disk: it is full for a while, it fails at a certain call, and the node dies at another, between a write
// and its sync or right after it.
#pragma once

#include <cstdint>
#include <limits>

#include "core/units.hpp"
#include "sim/random.hpp"

namespace antiphon::sim {

enum class Commit { stored, refused, died_before_sync, died_after_sync };

struct DiskFaults {
    double failures = 0;                                                 // probability that a call fails
    std::uint64_t fails_at = std::numeric_limits<std::uint64_t>::max();  // this call, and no other
    std::uint64_t dies_at = std::numeric_limits<std::uint64_t>::max();
    double survives_unsynced = 0.1;  // probability that what was written and not synced is there after a power cut
};

// A commit is two calls: write, sync.
class Disk {
  public:
    explicit Disk(Random& random) : random_(random) {}

    void set_faults(const DiskFaults& faults) { faults_ = faults; }
    void fill_until(core::LocalTime until) { full_until_ = until; }

    // `must_not_fail`: the node may die, but the call is not refused.
    Commit commit(core::LocalTime now, bool must_not_fail) {
        if (const auto call = next_call(now, must_not_fail); call != Commit::stored)
            return call == Commit::refused ? call : Commit::died_before_sync;
        const auto call = next_call(now, must_not_fail);
        return call == Commit::stored || call == Commit::refused ? call : Commit::died_after_sync;
    }
    bool survives() { return random_.chance(faults_.survives_unsynced); }

    std::uint64_t calls() const { return calls_; }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t deaths() const { return deaths_; }

  private:
    Commit next_call(core::LocalTime now, bool must_not_fail) {
        ++calls_;
        if (calls_ == faults_.dies_at) {
            ++deaths_;
            return Commit::died_before_sync;
        }
        const bool fails = now < full_until_ || calls_ == faults_.fails_at || random_.chance(faults_.failures);
        if (!fails || must_not_fail) return Commit::stored;
        ++refused_;
        return Commit::refused;
    }

    Random& random_;
    DiskFaults faults_;
    core::LocalTime full_until_;
    std::uint64_t calls_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t deaths_ = 0;
};

}  // namespace antiphon::sim
