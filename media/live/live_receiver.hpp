// One live stream at its receiver: packets in, in any order and with gaps; frames out, in order and in time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "media/live/concealer.hpp"
#include "media/live/packet_ring.hpp"
#include "media/live/repair_schedule.hpp"
#include "media/pcm_window.hpp"

namespace antiphon::media {

// What makes frames of a packet.
class PacketDecoder {
  public:
    virtual ~PacketDecoder() = default;
    // Fills `frames`, a packet's worth, interleaved. False for what cannot be decoded; then `frames` is worth nothing.
    virtual bool decode(std::span<const std::byte> packet, std::span<float> frames) = 0;
};

struct LiveFormat {
    int channels = 2;
    int packet_frames = 240;
    core::FrameCount first_frame = 0;     // of packet 0: packet n begins with frame first_frame + n * packet_frames
    std::size_t packet_bytes_max = 1452;  // of a payload
    int fade_frames = 120;                // where a gap begins and ends; at most packet_frames
};

struct LiveCounters {
    RepairCounters repair;
    ConcealerCounters concealed;
    std::uint64_t unheard = 0;  // frames concealed that were due before the first packet that came: nobody misses them
    std::uint64_t corrupt = 0;  // packets that could not be decoded
    std::uint64_t oversized = 0;  // packets that were not kept
    std::uint64_t crowded = 0;    // frames for which the window had no room: silent if room comes

    // Frames that were concealed since the first that came.
    std::uint64_t lost_frames() const noexcept { return concealed.frames_missing - unheard; }
};

// Feeds the windows of all outputs of a board that play the stream: each packet's frames go in, decoded once, when it
// is its turn and it is there, or concealed when its deadline comes, so the stream goes on whatever arrives, and when
// its sender is back it is heard again at its place. Pure; not thread-safe; decodes in advance(); allocates at
// construction and in add() only, as far as its decoder does.
class LiveReceiver {
  public:
    // So long before its deadline at most: the windows have room for that.
    static constexpr core::Duration early = std::chrono::milliseconds(200);

    // `decoder` outlives the receiver.
    LiveReceiver(PacketDecoder& decoder, const LiveFormat& format, const RepairOptions& repair);

    // From packet `first` on; the first frames fade in. All windows begin anew, each in the epoch after its own.
    void begin(std::int64_t first, const Departures& departures) noexcept;
    // This window, of as many channels, gets the frames from the next packet on, as `epoch`, which differs from its
    // present one. The receiver is its only producer until remove().
    void add(PcmWindow& window, std::uint64_t epoch);
    void remove(PcmWindow& window) noexcept;
    void follow(const Departures& departures) noexcept { repair_.follow(departures); }

    // A packet was received at `at`; `number` is extended to 64 bits.
    Arrival take(std::int64_t number, std::span<const std::byte> payload, core::LocalTime at,
                 bool retransmission) noexcept;
    // See RepairSchedule.
    std::size_t ask(core::LocalTime now, std::span<std::int64_t> out) noexcept { return repair_.ask(now, out); }
    core::LocalTime next_ask(core::LocalTime now) const noexcept { return repair_.next_ask(now); }
    bool wants(core::LocalTime now) const noexcept { return repair_.wants(now); }

    // Hands over all that is due at `now`.
    void advance(core::LocalTime now);
    // Until then advance() has nothing to do, unless something arrives.
    core::LocalTime next_due() const noexcept {
        const auto deadline = repair_.deadline(repair_.next());
        return repair_.here(repair_.next()) ? deadline - early : deadline;
    }

    core::Duration notice() const noexcept { return repair_.notice(); }
    LiveCounters counters() const noexcept;

  private:
    void hand_over(std::int64_t number, bool there);
    void write(PcmWindow& window, core::FrameCount first) noexcept;
    core::FrameCount first_frame_of(std::int64_t number) const noexcept {
        return format_.first_frame + number * format_.packet_frames;
    }

    PacketDecoder& decoder_;
    const LiveFormat format_;
    RepairSchedule repair_;
    PacketRing packets_;
    Concealer concealer_;
    std::vector<PcmWindow*> windows_;
    std::vector<float> frames_;         // of one packet
    const std::vector<float> silence_;  // as many
    static constexpr std::int64_t nothing_came = std::numeric_limits<std::int64_t>::max();
    std::int64_t came_first_ = nothing_came;  // the earliest packet that was no retransmission
    std::uint64_t unheard_ = 0;
    std::uint64_t corrupt_ = 0;
    std::uint64_t crowded_ = 0;
};

}  // namespace antiphon::media
