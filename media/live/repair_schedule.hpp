// Decides which packets of a live stream are missing and when to ask for them again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace antiphon::media {

// When the packets of a stream leave its sender, in the receiver's local time: packet `number` at `at`, and each
// further one `period_ns` later.
struct Departures {
    std::int64_t number = 0;
    core::LocalTime at;
    double period_ns = 5e6;  // more than 0

    // Any thread; real-time-safe.
    core::LocalTime of(std::int64_t packet) const noexcept;
    // The last packet that has left at `t`.
    std::int64_t last_at(core::LocalTime t) const noexcept;
};

struct RepairOptions {
    core::Duration latency = std::chrono::milliseconds(100);      // from a packet's departure to its deadline
    core::Duration ask_each = std::chrono::milliseconds(5);       // a packet that is still missing
    core::Duration first_notice = std::chrono::milliseconds(10);  // after departure, until arrivals have told better
    // While nothing is missing, packets may lie in the socket for so long: each look at it costs more than a packet.
    core::Duration gather{0};
    core::Duration silence = std::chrono::milliseconds(250);  // of a sender that is gone: it is not asked
    std::size_t window = 512;  // packets kept track of; a power of two, longer than the latency
};

struct RepairCounters {
    std::uint64_t arrived = 0;   // in time, the first copy of each
    std::uint64_t repaired = 0;  // of these: because they were asked for
    std::uint64_t duplicates = 0;
    std::uint64_t late = 0;   // after their deadline
    std::uint64_t early = 0;  // beyond the window: not kept
    std::uint64_t asked = 0;  // packets, each time
    std::uint64_t lost = 0;   // not there at their deadline
};

enum class Arrival : std::uint8_t { fresh, duplicate, late, early };

// A loss is noticed by schedule: packet n should be here a while after it left, and how long that takes is what 99 of
// 100 packets of the last few seconds took. It is asked for at once, and again each `ask_each`, as long as an answer
// can still come before its deadline. Packet numbers are RTP sequence numbers, extended to 64 bits (RFC 3550, A.1);
// asking is a generic NACK (RFC 4585, 6.2.1). Pure; not thread-safe; allocates at construction only.
class RepairSchedule {
  public:
    explicit RepairSchedule(const RepairOptions& options);

    // The stream begins with packet `first`; nothing of before is known any more, but for the counters.
    void begin(std::int64_t first, const Departures& departures) noexcept;
    // The clocks are known better now, or the sender's anchor moved.
    void follow(const Departures& departures) noexcept { departures_ = departures; }

    // A packet, or the retransmission of one, was received at `at`.
    Arrival arrived(std::int64_t number, core::LocalTime at, bool retransmission) noexcept;

    // Those to ask for now, in order, as many as fit into `out`; the rest next time. Each is taken as asked.
    std::size_t ask(core::LocalTime now, std::span<std::int64_t> out) noexcept;
    // Before this there is nothing to ask for; if it wants(), unless something arrives. To be called when all that has
    // arrived is told.
    core::LocalTime next_ask(core::LocalTime now) const noexcept;
    // Something should be here, is not, and can still come: what arrives is to be told at once.
    bool wants(core::LocalTime now) const noexcept { return next_question(now).has_value(); }

    // Packet next() is used, if it is there, which is told; else its deadline has come, and it is missing for good.
    bool pass() noexcept;
    std::int64_t next() const noexcept { return next_; }
    core::LocalTime deadline(std::int64_t number) const noexcept { return departures_.of(number) + options_.latency; }
    bool here(std::int64_t number) const noexcept;

    // How long after its departure a packet counts as missing.
    core::Duration notice() const noexcept { return notice_; }
    const RepairCounters& counters() const noexcept { return counters_; }

  private:
    static constexpr std::size_t transits_kept = 512;

    struct Slot {
        std::int64_t number = -1;  // whose it is
        bool here = false;
        std::uint16_t asks = 0;
        core::LocalTime asked;  // last
    };

    Slot& slot(std::int64_t number) noexcept;
    void learn_transit(core::Duration transit) noexcept;
    void learn_answer(const Slot& slot, core::LocalTime at) noexcept;
    bool is_silent(core::LocalTime now) const noexcept { return now - last_arrival_ > options_.silence; }
    bool answer_can_come(std::int64_t number, core::LocalTime now) const noexcept;
    std::int64_t noticed(core::LocalTime now) const noexcept;
    std::optional<core::LocalTime> next_question(core::LocalTime now) const noexcept;

    const RepairOptions options_;
    Departures departures_;
    std::vector<Slot> slots_;
    std::int64_t next_ = 0;
    core::LocalTime last_arrival_;
    core::Duration notice_;
    core::Duration answer_min_{0};  // the quickest answer to a single question; 0: none yet
    std::array<core::Duration, transits_kept> transits_{};
    std::array<core::Duration, transits_kept> sorted_{};
    std::size_t transit_count_ = 0;
    RepairCounters counters_;
};

}  // namespace antiphon::media
