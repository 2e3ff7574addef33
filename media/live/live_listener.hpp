// The receiving end of a live stream's RTP: datagrams in, packets to its receiver, and what it asks for out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/units.hpp"
#include "media/live/live_receiver.hpp"
#include "media/live/stream_identity.hpp"
#include "media/rtp/packet.hpp"
#include "media/rtp/source.hpp"

namespace antiphon::media {

struct ListenerCounters {
    std::uint64_t malformed = 0;   // no RTP at all
    std::uint64_t strangers = 0;   // of other sources or payload types
    std::uint64_t unbelieved = 0;  // of a source that is on probation, or far from where it was
};

// One packet of the stream, and what it tells of the clock.
struct Heard {
    std::int64_t number = 0;
    core::LocalTime at;
    std::optional<std::int64_t> departure_ns;  // cluster time; of originals only
};

// Not thread-safe; real-time-safe as far as its receiver is.
class LiveListener {
  public:
    // `receiver` outlives the listener. `ssrc`: whose name it asks in.
    LiveListener(const StreamIdentity& identity, LiveReceiver& receiver, std::uint32_t ssrc);

    // A datagram that was received at `at`, opened already. `departures` tells which packet is to be expected. What it
    // says of the clock; nothing for what is no packet of this stream, and for a retransmission.
    std::optional<Heard> take(std::span<const std::byte> datagram, core::LocalTime at,
                              const Departures& departures) noexcept;

    // A compound packet that asks for what is missing at `now`, in `out`; 0: nothing is.
    std::size_t ask(core::LocalTime now, std::span<std::byte> out) noexcept;
    // A compound packet that says that somebody listens (and what arrives), for the sender to send to.
    std::size_t greet(std::span<std::byte> out) const noexcept;

    const ListenerCounters& counters() const noexcept { return counters_; }

  private:
    const StreamIdentity identity_;
    LiveReceiver& receiver_;
    const std::uint32_t ssrc_;
    rtp::Source source_;
    ListenerCounters counters_;
};

}  // namespace antiphon::media
