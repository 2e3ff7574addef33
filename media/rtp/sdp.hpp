// A live stream's description for programs that are not ours: SDP (RFC 8866) with the clock it follows (RFC 7273).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::rtp {

// That any receiver has: linear 16 bit (RFC 3551, 4.5.11), or Opus (RFC 7587).
enum class OpenCodec : std::uint8_t { l16, opus };

struct StreamDescription {
    std::uint64_t session = 0;  // id and version of the description
    std::uint64_t version = 1;
    std::string origin = "127.0.0.1";                 // the sender's address
    std::string name = "-";                           // for people; no line breaks
    std::string address = "127.0.0.1";                // where the packets go; IPv6 if it has a colon
    std::optional<std::uint8_t> hops = std::nullopt;  // of an IPv4 group, which must have them (RFC 8866, 5.7)
    std::uint16_t port = 0;
    OpenCodec codec = OpenCodec::l16;
    std::uint8_t payload_type = 96;
    std::uint32_t rate = 48000;  // of l16; Opus has 48000 only
    int channels = 2;            // 1..8 of l16; 1 or 2 of Opus
    std::uint32_t packet_us = 5000;
    std::optional<std::uint8_t> repair_payload_type = std::nullopt;  // with it: NACK and retransmission are offered
    std::uint32_t repair_ms = 250;                                   // how long packets are kept for it
    std::optional<std::uint32_t> timestamp_at_zero = std::nullopt;   // RTP timestamp at the cluster clock's zero

    friend bool operator==(const StreamDescription&, const StreamDescription&) = default;
};

// Lines end with CR LF. Line breaks in the name become spaces, and an empty one "-".
std::string write_sdp(const StreamDescription& stream);

inline constexpr std::size_t sdp_bytes_max = 16 * 1024;

// The first audio stream of a description. `invalid` names the line that is missing or wrong; what is not known here is
// skipped. Either line end is taken.
core::Result<StreamDescription> parse_sdp(std::string_view text);

}  // namespace antiphon::rtp
