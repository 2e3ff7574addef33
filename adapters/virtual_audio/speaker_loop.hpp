// What a virtual speaker's converter does at each of its periods; without a thread, so that tests can be the thread.
// Internal.
#pragma once

#include <atomic>
#include <vector>

#include "adapters/virtual_audio/sound_writer.hpp"
#include "adapters/virtual_audio/timeline.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::virtual_audio {

inline constexpr core::FrameCount period_frames = 480;  // 10 ms at the cluster's rate
inline constexpr int speaker_channels = 2;

struct SpeakerSetup {
    std::uint32_t run = 0;
    core::FrameCount granule = 1;
    core::FrameCount buffer_frames = 9600;
    bool mute = false;
};

// Written by the device's thread, read by all.
struct SpeakerTally {
    std::atomic<std::uint64_t> rendered_frames{0};
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> underruns{0};
};

// A free-running converter with a buffer: it plays frame after frame for ever, silence where nobody rendered in time.
// It begins with half a buffer of silence, so that the first frames are not lost to the start of a thread. Used by one
// thread.
class SpeakerLoop {
  public:
    SpeakerLoop(const SpeakerSetup& setup, const DeviceTimeline& timeline, const TrueClock& truth,
                const ports::Clock& clock, SoundWriter& writer, SpeakerTally& tally);

    // A moment in the converter's next period, strictly after now; without a granule its beginning.
    TrueTime next_wake() const;
    // Fills the buffer, as far as it is free now.
    void step(ports::Renderer& renderer);

  private:
    core::FrameCount wake_after(core::FrameCount period) const;
    core::FrameCount first_open() const;
    void skip_lost();
    void render_block(ports::Renderer& renderer, const ports::DeviceReading& reading);
    void count_lost(core::FrameCount frames);

    const SpeakerSetup setup_;
    const DeviceTimeline timeline_;
    const TrueClock& truth_;
    const ports::Clock& clock_;
    SoundWriter& writer_;
    SpeakerTally& tally_;
    core::FrameCount next_;     // the first frame that is not rendered
    std::vector<float> block_;  // one period, interleaved
    std::vector<float> mono_;   // the same as it leaves the speaker
};

}  // namespace antiphon::virtual_audio
