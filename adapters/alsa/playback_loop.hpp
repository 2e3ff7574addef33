// What a sound card that plays wants at each of its turns; without a thread, so that tests can be the thread. Internal.
#pragma once

#include <atomic>
#include <vector>

#include "adapters/alsa/card.hpp"

namespace antiphon::alsa {

// Written by the device's thread, read by all.
struct PlaybackTally {
    std::atomic<std::uint64_t> rendered_frames{0};
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> underruns{0};
};

// Keeps the card's buffer as full as is wished. Each run begins with that much silence. Used by one thread at a time.
class PlaybackLoop {
  public:
    // The other two outlive it.
    PlaybackLoop(Card& card, PlaybackTally& tally) : card_(card), tally_(tally) {}

    // Real-time-safe while the card runs.
    void step(ports::Renderer& renderer);

  private:
    void begin();
    bool fill(ports::Renderer& renderer, const Moment& moment);
    bool skip_lost(core::FrameCount late);
    void count_lost(core::FrameCount frames);

    Card& card_;
    PlaybackTally& tally_;
    std::vector<float> block_;
    bool begun_before_ = false;
};

}  // namespace antiphon::alsa
