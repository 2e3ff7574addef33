// The arithmetic of one output: which place of the stream each device frame must play, and the sound that results.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "media/clock_map.hpp"
#include "media/device_clock.hpp"
#include "media/gain.hpp"
#include "media/limiter.hpp"
#include "media/pcm_window.hpp"
#include "media/resampler.hpp"
#include "media/timeline.hpp"
#include "media/triple_buffer.hpp"

namespace antiphon::media {

// Device frames [first, first + samples.size() / channels) to fill, and a reading of the device's position: `played`
// whole frames when the node's clock showed `at` (the fields of ports::RenderBlock).
struct OutputBlock {
    core::LocalTime at;
    core::FrameCount played = 0;
    core::FrameCount first = 0;
    int channels = 2;
    std::span<float> samples;
    std::uint32_t run = 0;  // of the device; in another one what was learned of its clock is forgotten
};

struct PlayoutOptions {
    core::SampleRate device_rate = core::cluster_rate;
    core::SampleRate programme_rate = core::cluster_rate;
    core::Duration fade = std::chrono::milliseconds(5);
    core::Duration volume_ramp = std::chrono::milliseconds(20);
    core::Duration limiter_release = std::chrono::milliseconds(100);
    core::Duration reseat_above = std::chrono::milliseconds(5);  // a larger error is not steered away but jumped over
    double correction_max = 100e-6;                              // of the rate
    core::Duration servo_time = std::chrono::milliseconds(500);  // an error decays as exp(-t / servo_time)
};

enum class PlayoutPhase : std::uint8_t {
    idle,      // nothing to play
    waiting,   // for the start, the clock, the device's first readings or the stream's epoch
    playing,   // sounding, also while fading
    starving,  // should sound, and the decoder has not delivered
    stopped,   // beyond the timeline's stop
    ended,     // every frame of the stream has been played
};

struct PlayoutStatus {
    PlayoutPhase phase = PlayoutPhase::idle;
    std::uint64_t epoch = 0;  // of the stream that `phase` and `position` speak of
    std::uint64_t frames_played = 0;
    std::uint64_t frames_missing = 0;  // device frames that were silent because the decoder was late
    std::uint64_t reseats = 0;         // jumps while sounding: freezes, lost device frames, moved timelines
    std::uint64_t device_restarts = 0;
    std::int64_t position_error_ns = 0;  // wanted minus played, positive = we are late
    double correction_ppm = 0;
    double device_ppm = 0;
    core::FrameCount position = 0;  // of the next frame to render
    core::FrameCount ahead = 0;     // frames of the programme that wait in the window
};

// Plays PcmWindows along a Timeline on a device whose crystal is its own. The position is driven by a servo whose rate
// is fed forward (device's rate times cluster's rate), so that only estimation errors are left to correct. It starts
// at exactly the wanted place, to a fraction of a frame.
// Each setter has one thread at a time of its own; all are wait-free. Construction allocates, nothing else does.
class Playout {
  public:
    // The windows outlive the playout, which is their consumer; a timeline tells which one it plays.
    explicit Playout(std::vector<PcmWindow*> windows, const PlayoutOptions& options = {});
    explicit Playout(PcmWindow& window, const PlayoutOptions& options = {}) : Playout(std::vector{&window}, options) {}

    // The newest timeline counts. One of another epoch takes over after a fade-out, together with the window's epoch of
    // that number; one of another clock incarnation together with the first clock map of that incarnation.
    // Wait-free; one calling thread at a time.
    void set_timeline(const Timeline& timeline) noexcept { timelines_.write(timeline); }

    // A map of another incarnation than the timeline's changes nothing until the timeline follows (holdover).
    // Wait-free; one calling thread at a time.
    void set_clock(const ClockMap& map) noexcept { clocks_.write(map); }

    // From a frame's turn in the device until it is heard: the sink's delay plus the listener's trim. Any thread.
    void set_delay(core::Duration delay) noexcept { delay_ns_.store(delay.count(), std::memory_order_relaxed); }

    // Linear, 0..1 and beyond; what comes above the ceiling is limited. Any thread.
    void set_gain(float linear) noexcept { gain_.store(linear, std::memory_order_relaxed); }
    // Linear, 0..1: no sample is louder, from the next block on. Any thread.
    void set_ceiling(float linear) noexcept { ceiling_.store(linear, std::memory_order_relaxed); }
    void set_muted(bool muted) noexcept { muted_.store(muted, std::memory_order_relaxed); }

    // Fills the block. Only from the device's thread. Real-time-safe: no lock, allocation or call that blocks.
    void render(const OutputBlock& block) noexcept;

    // Each field is whole, but they may be of two neighbouring blocks. Any thread, wait-free.
    PlayoutStatus status() const noexcept;

  private:
    void take_news() noexcept;
    void consider_timeline() noexcept;
    void switch_timeline() noexcept;
    bool can_place() const noexcept;
    void place(core::FrameCount first) noexcept;
    void settle(core::FrameCount frames_into_block) noexcept;
    core::FrameCount quiet_frames(core::FrameCount left) noexcept;
    bool supplied(core::FrameCount ahead) const noexcept;
    core::FrameCount rest(core::FrameCount frames, float* out, int channels) noexcept;
    core::FrameCount sound(core::FrameCount frames, float* out, int channels) noexcept;
    const float* frames_at(core::FrameCount first) noexcept;
    void publish() noexcept;

    const std::vector<PcmWindow*> windows_;
    PcmWindow* window_;  // of the timeline in force
    PlayoutOptions options_;
    Resampler resampler_;

    TripleBuffer<Timeline> timelines_;
    TripleBuffer<ClockMap> clocks_;
    std::atomic<std::int64_t> delay_ns_{0};
    std::atomic<float> gain_{1.0F};
    std::atomic<float> ceiling_{1.0F};
    std::atomic<bool> muted_{false};

    // The device thread's.
    DeviceClock device_;
    Timeline timeline_;       // in force
    ClockMap map_;            // in force, of the timeline's incarnation if it is valid
    bool leaving_ = false;    // fading out for another timeline
    bool reseating_ = false;  // fading out for a jump
    bool ended_ = false;      // the stream's end has been reached
    bool sounded_ = false;    // in the timeline's epoch
    bool placed_ = false;     // wanted_ and step_ are known
    PlayoutPhase phase_ = PlayoutPhase::idle;
    MediaPosition wanted_;     // at the block's first frame
    MediaPosition position_;   // of the next frame
    double feed_forward_ = 1;  // programme frames per device frame
    double step_ = 1;          // the same, corrected
    double error_frames_ = 0;
    core::FrameCount stop_frame_ = PcmWindow::no_end;
    core::FrameCount next_device_frame_ = 0;
    Fade fade_;
    GainRamp volume_;
    Limiter limiter_;
    std::array<float, static_cast<std::size_t>(Resampler::taps) * Resampler::channels_max> patch_{};

    struct Shared {
        std::atomic<PlayoutPhase> phase{PlayoutPhase::idle};
        std::atomic<std::uint64_t> epoch{0}, played{0}, missing{0}, reseats{0}, device_restarts{0};
        std::atomic<std::int64_t> error_ns{0}, position{0}, ahead{0};
        std::atomic<double> correction_ppm{0}, device_ppm{0};
    };
    Shared shared_;
};

}  // namespace antiphon::media
