// Big-endian fields at fixed places.
#include "adapters/net/clock_packet.hpp"

#include <algorithm>

namespace antiphon::net {
namespace {

constexpr std::array<std::byte, 5> start{std::byte{'A'}, std::byte{'N'}, std::byte{'C'}, std::byte{'K'}, std::byte{1}};

void put(ClockPacketBytes& bytes, std::size_t offset, std::uint64_t value) noexcept {
    for (std::size_t i = 0; i < 8; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (56 - 8 * i));
}

std::uint64_t get(std::span<const std::byte> bytes, std::size_t offset) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[offset + i]);
    return value;
}

}  // namespace

ClockPacketBytes encode(const ClockPacket& packet) noexcept {
    ClockPacketBytes bytes{};
    std::copy(start.begin(), start.end(), bytes.begin());
    bytes[5] = static_cast<std::byte>(packet.kind);
    put(bytes, 8, packet.nonce);
    put(bytes, 16, packet.incarnation);
    put(bytes, 24, static_cast<std::uint64_t>(packet.t1_ns));
    put(bytes, 32, static_cast<std::uint64_t>(packet.t2_ns));
    put(bytes, 40, static_cast<std::uint64_t>(packet.t3_ns));
    return bytes;
}

std::optional<ClockPacket> decode_clock_packet(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() != clock_packet_bytes || !std::equal(start.begin(), start.end(), bytes.begin())) return {};
    const auto kind = static_cast<ClockPacketKind>(bytes[5]);
    if (kind != ClockPacketKind::probe && kind != ClockPacketKind::answer) return {};
    if (bytes[6] != std::byte{0} || bytes[7] != std::byte{0}) return {};
    const ClockPacket packet{kind,
                             get(bytes, 8),
                             get(bytes, 16),
                             static_cast<std::int64_t>(get(bytes, 24)),
                             static_cast<std::int64_t>(get(bytes, 32)),
                             static_cast<std::int64_t>(get(bytes, 40))};
    const bool unanswered = packet.incarnation == 0 && packet.t2_ns == 0 && packet.t3_ns == 0;
    if (kind == ClockPacketKind::probe && !unanswered) return {};
    return packet;
}

}  // namespace antiphon::net
