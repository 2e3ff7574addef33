// What a sound card that plays wants at each of its turns; without a thread, so that tests can be the thread. Internal.
#pragma once

#include <vector>

#include "adapters/alsa/card.hpp"

namespace antiphon::alsa {

// Keeps the card's buffer as full as is wished. Each run begins with that much silence. Used by one thread at a time.
class PlaybackLoop {
  public:
    // The other two outlive it.
    PlaybackLoop(Card& card, Tally& tally) : card_(card), tally_(tally) {}

    // Real-time-safe while the card runs.
    void step(ports::Renderer& renderer);

  private:
    void begin();
    bool fill(ports::Renderer& renderer, const Moment& moment);
    bool skip_lost(core::FrameCount late);

    Card& card_;
    Tally& tally_;
    std::vector<float> block_;
    bool begun_before_ = false;
};

}  // namespace antiphon::alsa
