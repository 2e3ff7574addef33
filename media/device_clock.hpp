// Estimates when a sound device plays its frames, from readings of its position.
#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "media/envelope.hpp"

namespace antiphon::media {

struct DeviceClockOptions {
    core::Duration window = std::chrono::seconds(16);
    SlopePrior drift;
    std::int64_t readings_min = 8;  // fewer give no estimate
    // Coarse readings take longer to tell what fine ones tell at once: it is waited until the floor under so many, that
    // scatter so far, is known as well as this 19 times of 20 (their lowest is exponentially distributed above it), at
    // most for `readings_enough`.
    core::Duration start_error = std::chrono::microseconds(20);
    std::int64_t readings_enough = 60;
};

// Frame f starts to sound (up to the device's constant delay) at local time a + f / (rate (1 + e)). A reading is never
// early: it is taken after the position is read, and the position is rounded down to a granule, so the line under all
// readings is the truth (0.2 us after 1 s at 200 readings/s; regression is biased by half a frame). Late readings, as
// from a frozen machine, change nothing.
// A device that lost its position (every reading of `restart_after` late, or one far too early) starts afresh.
// Not thread-safe: for the device's thread. All methods but the constructor are real-time-safe: no allocation, bounded
// work (some microseconds per add).
class DeviceClock {
  public:
    static constexpr core::Duration restart_after = std::chrono::seconds(1);

    explicit DeviceClock(core::SampleRate rate, const DeviceClockOptions& options = {});

    // `frames` whole frames had been played when the clock showed `at`, which was read just after. In another `run` of
    // the device what was learned before is void.
    void add(core::LocalTime at, core::FrameCount frames, std::uint32_t run = 0) noexcept;
    void reset() noexcept;

    bool usable() const noexcept { return usable_; }

    // When frame `frame` starts to sound. Only if usable().
    core::LocalTime to_local(double frame) const noexcept;
    // The frame that starts to sound at `t`. Only if usable().
    double to_frame(core::LocalTime t) const noexcept;

    // Local ns per frame.
    double frame_ns() const noexcept { return nominal_frame_ns_ * (1 + slope_); }
    // The device's rate error against the local clock; positive = the device is fast.
    double ppm() const noexcept { return (1 / (1 + slope_) - 1) * 1e6; }
    std::uint64_t restarts() const noexcept { return restarts_; }

  private:
    double lateness(core::LocalTime at, core::FrameCount frames) const noexcept;
    bool lost_position(double x, double y) noexcept;
    void fit() noexcept;

    DeviceClockOptions options_;
    double nominal_frame_ns_;
    LowerEnvelope envelope_;  // lateness over nominal time since the origin
    std::uint32_t run_ = 0;
    bool has_origin_ = false;
    bool usable_ = false;
    core::LocalTime origin_;
    core::FrameCount origin_frames_ = 0;
    double slope_ = 0;
    double floor_ = 0;        // at the origin
    double late_from_x_ = 0;  // where the present run of late readings began
    int late_count_ = 0;      // its length
    std::uint64_t restarts_ = 0;
};

}  // namespace antiphon::media
