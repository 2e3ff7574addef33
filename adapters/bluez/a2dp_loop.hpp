// What goes to a headset, packet by packet, at its time; without a thread, so that tests can be the thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "adapters/bluez/host_queue.hpp"
#include "media/codecs/a2dp_codec.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::bluez {

// Written by the device's thread, read by all.
struct A2dpTally {
    std::atomic<std::uint64_t> rendered_frames{0};
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> underruns{0};       // how often the thread came too late
    std::atomic<std::uint64_t> full{0};            // packets that were left out, for too many waited for the radio
    std::atomic<std::int64_t> longest_wait_ns{0};  // of a packet for those before it, when it was written
};

// A transport is a stream socket of packets that somebody else's radio empties; the headset plays them at our pace. So
// the device's clock is the node's own, without a crystal between, and a frame's turn is when its packet is due. Frames
// that are late are left out, never sent after: a queue would be heard as delay for ever. So are those that would wait
// for the radio longer than `wait_max` behind others. Used by one thread.
class A2dpLoop {
  public:
    // Before their turn frames are asked for this early, so that a thread that wakes late is in time.
    static constexpr core::Duration margin = std::chrono::milliseconds(10);

    static constexpr core::Duration wait_max = std::chrono::milliseconds(30);

    // `socket` stays its owner's, and outlives this. `format` is what `encoder` takes. Frame 0 is that of `begin`, not
    // after now; what was before now is nobody's loss.
    A2dpLoop(int socket, std::unique_ptr<media::A2dpEncoder> encoder, const ports::AudioFormat& format,
             const ports::Clock& clock, core::LocalTime begin, std::uint32_t run, A2dpTally& tally);

    core::LocalTime due() const { return time_of(next_); }
    // Sends the packet that is due; nothing before it is. False when nobody takes them any more. Real-time-safe.
    bool step(ports::Renderer& renderer) noexcept;

  private:
    bool has_room() noexcept;
    core::LocalTime time_of(core::FrameCount frame) const;
    core::FrameCount frames_at(core::LocalTime time) const;

    const int socket_;
    HostQueue queue_;
    const std::unique_ptr<media::A2dpEncoder> encoder_;
    const ports::AudioFormat format_;
    const ports::Clock& clock_;
    const std::uint32_t run_;
    A2dpTally& tally_;
    const core::LocalTime begin_;
    core::FrameCount next_ = 0;  // the first frame of the next packet
    std::vector<float> block_;
};

}  // namespace antiphon::bluez
