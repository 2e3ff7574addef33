// One RTP packet (RFC 3550, 5.1), as bytes and as what they say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace antiphon::rtp {

struct Header {
    std::uint8_t payload_type = 0;  // 0..127
    bool marker = false;            // of audio: the first packet after silence
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;  // frames, from a random origin
    std::uint32_t ssrc = 0;
    // Cluster time at which the packet left its sender, in ns, in a header extension of ours (RFC 8285, one-byte form,
    // element 1 of 8 bytes): each packet is a probe of the clock. Other extensions are skipped.
    std::optional<std::int64_t> departure_ns = std::nullopt;

    friend bool operator==(const Header&, const Header&) = default;
};

struct Packet {
    Header header;
    std::span<const std::byte> payload;  // within the bytes that were parsed; without padding
};

// Why bytes are no packet.
enum class Refusal : std::uint8_t { none, too_short, version, control, csrc, extension, padding };

inline constexpr std::size_t header_bytes = 12;
inline constexpr std::size_t header_bytes_max = header_bytes + 4 + 12;  // with our extension

// Nothing, and why, for what is no RTP packet: of another version, an RTCP packet on the same port (RFC 5761, 4), or
// one whose lists, extension or padding reach beyond its end. Real-time-safe; thread-safe.
std::optional<Packet> parse(std::span<const std::byte> bytes, Refusal& refusal) noexcept;

// What can be read of a packet that is still sealed. Nothing for what is too short or of another version.
struct Label {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
};
std::optional<Label> label_of(std::span<const std::byte> bytes) noexcept;

// Writes header and payload; how many bytes that were, 0 where `out` is too small.
std::size_t write(const Header& header, std::span<const std::byte> payload, std::span<std::byte> out) noexcept;

}  // namespace antiphon::rtp
