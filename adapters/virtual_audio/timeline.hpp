// A device's crystal as arithmetic: its frames on true time, for ever and without jitter.
#pragma once

#include "adapters/virtual_audio/true_time.hpp"

namespace antiphon::virtual_audio {

// Frame i is at true time t0 + i / (rate (1 + ppm / 1e6)). A value; all methods are pure, thread-safe and
// real-time-safe. Exact to 1 ns for runs of a week.
class DeviceTimeline {
  public:
    DeviceTimeline(TrueTime t0, core::SampleRate rate, double ppm);

    TrueTime t0() const { return t0_; }
    double ppm() const { return ppm_; }
    double frames_per_ns() const { return frames_per_ns_; }

    // Frames that the device has gone through at `at`, with the fraction; negative before t0.
    double frames_at(TrueTime at) const;
    // The same in whole frames, rounded down: the position that a device would report.
    core::FrameCount position_at(TrueTime at) const;
    // The first nanosecond at which position_at() is `frame`.
    TrueTime time_of(core::FrameCount frame) const;
    // The position on this timeline at the moment when `other` is at `frame`, `delay` earlier.
    double frames_at(const DeviceTimeline& other, double frame, core::Duration delay) const;

  private:
    TrueTime t0_;
    double ppm_;
    double frames_per_ns_;
};

}  // namespace antiphon::virtual_audio
