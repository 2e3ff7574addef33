// What a sound card that captures wants at each of its turns; without a thread, so that tests can be the thread.
// Internal.
#pragma once

#include <atomic>
#include <vector>

#include "adapters/alsa/card.hpp"

namespace antiphon::alsa {

// Written by the device's thread, read by all.
struct CaptureTally {
    std::atomic<std::uint64_t> captured_frames{0};
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> overruns{0};
};

// Empties the card's buffer. Used by one thread at a time.
class CaptureLoop {
  public:
    // The other two outlive it.
    CaptureLoop(Card& card, CaptureTally& tally) : card_(card), tally_(tally) {}

    // Real-time-safe while the card runs.
    void step(ports::Capturer& capturer);

  private:
    void begin();
    bool drain(ports::Capturer& capturer, const Moment& moment);
    void count_lost(core::FrameCount frames);

    Card& card_;
    CaptureTally& tally_;
    std::vector<float> block_;
    bool begun_before_ = false;
};

}  // namespace antiphon::alsa
