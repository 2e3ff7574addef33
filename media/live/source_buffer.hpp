// Between a live source with a clock of its own and the packets that leave by ours: frames in as they come, frames out
// at exactly our rate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/units.hpp"
#include "media/device_clock.hpp"
#include "media/live/concealer.hpp"
#include "media/pcm_window.hpp"
#include "media/resampler.hpp"

namespace antiphon::media {

struct SourceBufferOptions {
    int channels = 2;
    core::SampleRate rate = core::cluster_rate;            // of the source's frames; what is let out has ours
    core::Duration margin = std::chrono::milliseconds(5);  // of frames that wait when the next ones come at the latest
    core::Duration first_fill =
        std::chrono::milliseconds(20);  // that wait before the first is let out, or after a stall
    core::Duration stalled_after = std::chrono::milliseconds(100);
    std::size_t capacity_frames = 1 << 14;  // a power of two; 0.34 s at our rate
    int fade_frames = 120;
    double correction_max = 100e-6;  // of the rate, on top of what the source's clock is known to be
};

enum class SourcePhase : std::uint8_t {
    filling,  // nothing is let out yet
    flowing,
    starved,  // nothing was there for the last frames
    stalled,  // nor for stalled_after
    ended,    // and nothing will come
};

struct SourceBufferStatus {
    SourcePhase phase = SourcePhase::filling;
    core::Duration waiting{0};  // frames in the buffer: the latency that it adds
    double source_ppm = 0;      // the source's rate error against our clock, as it is made up for
    bool paced_by_us = false;   // it would give more than we take: its rate is ours
    std::uint64_t stalls = 0;
    std::uint64_t frames_missing = 0;
};

// A source with a crystal of its own (a capture, a program that plays to a pipe in its own time) is resampled: when its
// frames were made is known by the envelope of their arrivals, as a device's are, and a servo lets each out at the same
// age. That age is what the source's chunks need; it grows when too few frames wait, and shrinks slowly. A source that
// gives whatever is taken (a file through a pipe) is held back by room() and taken as it is. Not thread-safe;
// real-time-safe but for construction.
class SourceBuffer {
  public:
    explicit SourceBuffer(const SourceBufferOptions& options);

    // How many frames write() takes now. Read no more than that: who waits for room is paced by us.
    core::FrameCount room() const noexcept { return window_.writable(); }
    // Frames that were received at `at`; as many as there is room for. Tells how many.
    core::FrameCount write(std::span<const float> frames, core::LocalTime at) noexcept;
    // No frame follows.
    void end() noexcept { ended_ = true; }

    // The next frames of our rate, at `at`: those of the source, or what conceals that there are none.
    SourcePhase produce(std::span<float> out, core::LocalTime at) noexcept;

    SourceBufferStatus status() const noexcept;

  private:
    core::FrameCount waiting() const noexcept { return window_.end() - position_.frame; }
    core::FrameCount frames_in(core::Duration duration) const noexcept;
    double nominal_step() const noexcept { return static_cast<double>(options_.rate) / core::cluster_rate; }
    void begin(core::LocalTime at) noexcept;
    void steer(core::FrameCount waiting_now, core::LocalTime at) noexcept;
    void consider_age(core::FrameCount waiting_now, core::LocalTime at) noexcept;
    SourcePhase miss(std::span<float> out, core::LocalTime at) noexcept;
    void sound(std::span<float> out) noexcept;

    const SourceBufferOptions options_;
    Resampler resampler_;
    PcmWindow window_;
    DeviceClock clock_;
    Concealer concealer_;
    MediaPosition position_;
    double step_;  // frames of the source for each of ours
    SourcePhase phase_ = SourcePhase::filling;
    bool ended_ = false;
    core::FrameCount received_ = 0;
    core::LocalTime last_arrival_;
    core::LocalTime full_at_;  // when it last had no room; long ago: never
    bool was_full_ = false;
    std::optional<double> age_frames_;  // of each frame when it is let out; none: the source's clock is not known yet
    core::FrameCount fill_wanted_;      // before the first is let out
    core::FrameCount fewest_;           // that waited since `looked_at_`
    core::LocalTime looked_at_;
    std::uint64_t stalls_ = 0;
};

}  // namespace antiphon::media
