// What both ends of a live stream have to agree on; it comes with the session document.
#pragma once

#include <cstdint>

#include "core/units.hpp"

namespace antiphon::media {

// Packet n of the stream has the RTP sequence number first_sequence + n and the timestamp first_timestamp +
// n * packet_frames, each modulo its width; all four origins are random (RFC 3550, 5.1).
struct StreamIdentity {
    std::uint32_t ssrc = 0;
    std::uint32_t repair_ssrc = 0;  // of its retransmissions (RFC 4588, 4: a source of their own); numbered as the
                                    // packets that they repeat, so that who comes late can tell their wraps too
    std::uint16_t first_sequence = 0;
    std::uint32_t first_timestamp = 0;
    std::uint8_t payload_type = 96;
    std::uint8_t repair_payload_type = 97;
    int packet_frames = 240;

    std::uint16_t sequence(std::int64_t number) const noexcept {
        return static_cast<std::uint16_t>(first_sequence + static_cast<std::uint64_t>(number));
    }
    std::uint32_t timestamp(std::int64_t number) const noexcept {
        return static_cast<std::uint32_t>(first_timestamp + static_cast<std::uint64_t>(number * packet_frames));
    }
    // All 48 bits of what a packet counts as when it is sealed (RFC 3711, 3.3.1).
    std::uint64_t index(std::int64_t number) const noexcept {
        return first_sequence + static_cast<std::uint64_t>(number);
    }
    // The packet with this sequence number that is nearest to `near`: within 32768 of it.
    std::int64_t number(std::uint16_t of_sequence, std::int64_t near) const noexcept {
        return near + static_cast<std::int16_t>(of_sequence - sequence(near));
    }
};

}  // namespace antiphon::media
