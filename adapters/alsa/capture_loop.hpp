// What a sound card that captures wants at each of its turns; without a thread, so that tests can be the thread.
// Internal.
#pragma once

#include <vector>

#include "adapters/alsa/card.hpp"

namespace antiphon::alsa {

// Empties the card's buffer. Used by one thread at a time.
class CaptureLoop {
  public:
    // The other two outlive it.
    CaptureLoop(Card& card, Tally& tally) : card_(card), tally_(tally) {}

    // Real-time-safe while the card runs.
    void step(ports::Capturer& capturer);

  private:
    void begin();
    bool drain(ports::Capturer& capturer, const Moment& moment);

    Card& card_;
    Tally& tally_;
    std::vector<float> block_;
    bool begun_before_ = false;
};

}  // namespace antiphon::alsa
