// What a virtual microphone's converter does at each of its periods; without a thread, so that tests can be the
// thread. Internal.
#pragma once

#include <atomic>
#include <vector>

#include "adapters/virtual_audio/air.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::virtual_audio {

inline constexpr core::FrameCount capture_period_frames = 480;  // 10 ms at the cluster's rate
inline constexpr core::Duration capture_latency = std::chrono::milliseconds{60};

struct MicrophoneSetup {
    std::uint32_t run = 0;
    core::FrameCount granule = 1;
    core::FrameCount buffer_frames = 24000;  // what waits longer than this is overwritten
    std::uint64_t noise_seed = 0;
};

// Written by the device's thread, read by all.
struct MicrophoneTally {
    std::atomic<std::uint64_t> captured_frames{0};
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> overruns{0};
};

// Used by one thread.
class MicrophoneLoop {
  public:
    MicrophoneLoop(const MicrophoneSetup& setup, const DeviceTimeline& timeline, const TrueClock& truth,
                   const ports::Clock& clock, Air& air, MicrophoneTally& tally);

    // When the next block will be there.
    TrueTime next_wake() const;
    // Delivers the blocks that are there.
    void step(ports::Capturer& capturer);

  private:
    void rescan_sometimes(TrueTime now);
    void skip_overwritten(core::FrameCount position);
    void deliver(ports::Capturer& capturer, TrueTime now, const ports::DeviceReading& reading);
    float noise(core::FrameCount frame) const;

    const MicrophoneSetup setup_;
    const DeviceTimeline timeline_;
    const TrueClock& truth_;
    const ports::Clock& clock_;
    Air& air_;
    MicrophoneTally& tally_;
    core::FrameCount next_ = 0;  // the first frame that is not delivered
    TrueTime rescan_at_{};
    std::vector<float> block_;
};

}  // namespace antiphon::virtual_audio
