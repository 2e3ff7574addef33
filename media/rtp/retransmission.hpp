// Packets that were sent, for those who ask for them again (RFC 4588).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace antiphon::rtp {

// What a retransmission carries: the original sequence number (OSN), then the original payload (RFC 4588, 4). It is a
// packet of a source of its own (another SSRC, with sequence numbers of its own) with the original timestamp.
struct Retransmission {
    std::uint16_t sequence = 0;  // the original's
    std::span<const std::byte> payload;
};

// Nothing for a payload too short to be one. Real-time-safe; thread-safe.
std::optional<Retransmission> parse_retransmission(std::span<const std::byte> payload) noexcept;

struct SentPacket {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    std::span<const std::byte> payload;  // with its OSN before it: the payload of its retransmission
};

struct SentOptions {
    std::size_t packets = 512;  // kept; a power of two up to 32768
    std::size_t payload_bytes_max = 1452;
    core::Duration again_after{0};  // one packet, where a repair reaches all who listen; 0: each asker gets one
    double repair_share_max = 0.5;  // of the datagrams sent, over some seconds: what is beyond it is refused
};

struct SentCounters {
    std::uint64_t resent = 0;
    std::uint64_t unknown = 0;    // not sent, or not kept any more
    std::uint64_t just_sent = 0;  // again, so shortly before: the answer is on its way
    std::uint64_t over_budget = 0;
};

// The last packets of one source. Whoever asks too much does not use up the network: the budget grows with each packet
// sent, up to that of one second. Not thread-safe; allocates at construction only.
class SentPackets {
  public:
    explicit SentPackets(const SentOptions& options);

    // It was sent in so many `copies`, one for each who listens. False for a payload that is too long to be kept.
    bool keep(std::uint16_t sequence, std::uint32_t timestamp, bool marker, std::span<const std::byte> payload,
              std::size_t copies, core::LocalTime now) noexcept;
    // The packet, if it may be sent again at `now`; valid until its place is taken.
    std::optional<SentPacket> again(std::uint16_t sequence, core::LocalTime now) noexcept;

    const SentCounters& counters() const noexcept { return counters_; }

  private:
    struct Place {
        bool there = false;
        SentPacket packet;
        core::LocalTime last;  // sent, or sent again
    };

    const SentOptions options_;
    std::vector<Place> places_;
    std::vector<std::byte> bytes_;
    double budget_ = 0;  // datagrams
    SentCounters counters_;
};

}  // namespace antiphon::rtp
