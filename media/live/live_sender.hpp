// One live stream at its sender: frames in, RTP packets out, and again for those who ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "media/live/stream_identity.hpp"
#include "media/rtp/retransmission.hpp"

namespace antiphon::media {

// What makes a packet of frames.
class PacketEncoder {
  public:
    virtual ~PacketEncoder() = default;
    // A packet's worth of interleaved frames, -1..1. Valid until the next call.
    virtual std::span<const std::byte> encode(std::span<const float> frames) = 0;
};

struct SenderCounters {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;     // of payload
    std::uint64_t oversized = 0;  // payloads that fit into no datagram: not sent
    rtp::SentCounters again;
};

// Encodes once, for all who listen. What it makes is one datagram each, to be sealed and sent at once: each tells when
// it left. Not thread-safe; allocates at construction only, as far as its encoder does.
class LiveSender {
  public:
    static constexpr std::size_t datagram_max = 1452;  // with room for sealing within an MTU of 1500

    // `encoder` outlives the sender.
    LiveSender(const StreamIdentity& identity, PacketEncoder& encoder, const rtp::SentOptions& options = {});

    // The next packet's frames. What follows is quick, so that the time of leaving can be taken in between.
    void load(std::span<const float> frames) { payload_ = encoder_.encode(frames); }
    // The next packet, of the loaded frames, which leaves at `cluster_ns` to so many who listen. Empty, and counted,
    // when it is too large. Valid until the next call of any.
    std::span<const std::byte> next(std::size_t listeners, std::int64_t cluster_ns, core::LocalTime now);
    // The number that it will have.
    std::int64_t next_number() const noexcept { return number_; }
    // A stream that begins in its middle, or one whose source was away: packets go on from `number`.
    void skip_to(std::int64_t number) noexcept { number_ = number; }

    // The retransmission of what was asked for, if it is to be sent now; else empty.
    std::span<const std::byte> again(std::uint16_t sequence, std::int64_t cluster_ns, core::LocalTime now) noexcept;
    // A compound packet with a sender report (RFC 3550, 6.4.1) and the canonical name.
    std::span<const std::byte> report(std::int64_t cluster_ns, std::string_view canonical_name) noexcept;

    SenderCounters counters() const noexcept;

  private:
    const StreamIdentity identity_;
    PacketEncoder& encoder_;
    rtp::SentPackets sent_;
    std::int64_t number_ = 0;
    std::int64_t last_ns_ = 0;            // when the packet before left
    std::span<const std::byte> payload_;  // the encoder's
    std::vector<std::byte> datagram_;
    SenderCounters counters_;
};

}  // namespace antiphon::media
