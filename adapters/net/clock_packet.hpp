// The clock service's packet on the wire: one fixed form for the question (probe) and its answer.
//
//   offset  size  field
//        0     4  magic "ANCK"
//        4     1  version, 1
//        5     1  kind: 1 probe, 2 answer
//        6     2  zero
//        8     8  nonce: chosen by the asker, unpredictable; the answer repeats it
//       16     8  incarnation of the cluster clock; 0 in a probe
//       24     8  t1: probe sent, asker's local ns; the answer repeats it
//       32     8  t2: probe received, cluster ns; 0 in a probe
//       40     8  t3: answer sent, cluster ns; 0 in a probe
//
// Numbers are big endian. Both kinds have the same size, so the two ways take the same time on the wire, and an answer
// amplifies nothing for somebody who forges the asker's address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace antiphon::net {

inline constexpr std::size_t clock_packet_bytes = 48;
using ClockPacketBytes = std::array<std::byte, clock_packet_bytes>;

enum class ClockPacketKind : std::uint8_t { probe = 1, answer = 2 };

struct ClockPacket {
    ClockPacketKind kind = ClockPacketKind::probe;
    std::uint64_t nonce = 0;
    std::uint64_t incarnation = 0;
    std::int64_t t1_ns = 0;
    std::int64_t t2_ns = 0;
    std::int64_t t3_ns = 0;

    friend bool operator==(const ClockPacket&, const ClockPacket&) = default;
};

ClockPacketBytes encode(const ClockPacket& packet) noexcept;

// Nothing unless the size, magic, version, kind and the zeros are exactly as above. Any bytes are welcome.
std::optional<ClockPacket> decode_clock_packet(std::span<const std::byte> bytes) noexcept;

}  // namespace antiphon::net
