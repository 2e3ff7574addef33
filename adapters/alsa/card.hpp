// A sound card that comes and goes: one PCM after the other, whose frames are counted through all of them. Internal.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/alsa/device_string.hpp"
#include "adapters/alsa/pcm.hpp"
#include "ports/audio.hpp"

namespace antiphon::alsa {

// Why a card gives or takes nothing now, for people. Written by the device's thread, only when it changes; thread-safe.
class Trouble {
  public:
    void set(std::string text) {
        const std::lock_guard lock(mutex_);
        text_ = std::move(text);
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

// What came of it all. Written by the device's thread, read by all.
struct Tally {
    std::atomic<std::uint64_t> moved_frames{0};  // rendered, or captured
    std::atomic<std::uint64_t> lost_frames{0};
    std::atomic<std::uint64_t> breaks{0};  // how often some were lost

    void moved(core::FrameCount frames) noexcept { add(moved_frames, frames); }
    void lost(core::FrameCount frames) noexcept {
        add(lost_frames, frames);
        add(breaks, 1);
    }

  private:
    static void add(std::atomic<std::uint64_t>& counter, core::FrameCount more) noexcept {
        counter.fetch_add(static_cast<std::uint64_t>(more), std::memory_order_relaxed);
    }
};

// The owner is one thread at a time. What is said of real time holds while the card runs; whatever ends a run may
// block.
class Card {
  public:
    static constexpr core::Duration retry_after = std::chrono::seconds(1);
    static constexpr core::FrameCount block_frames = 240;  // 5 ms; at most half of the buffer

    // `trouble` and `clock` outlive the card.
    Card(AlsaDevice device, Direction direction, const ports::Clock& clock, Trouble& trouble);

    // Opens the device, when it is time to try. True: it is open, and prepared for a new run that begins with frame
    // next(): the caller fills it and calls begun().
    bool open();
    // Starts the run. False: it did not come to that.
    bool begun();
    bool running() const { return running_; }

    // Only while running. Nothing: the run is over, for a reason that is in the trouble. Real-time-safe.
    std::optional<Moment> look() noexcept;
    ports::DeviceReading reading(const Moment& moment) const noexcept;
    // Interleaved samples, -1..1. How many frames were taken, or read: fewer when there is no room, or are none, or
    // when the run is over. Real-time-safe.
    core::FrameCount write(std::span<const float> samples) noexcept;
    core::FrameCount read(std::span<float> samples) noexcept;
    // Leaves out frames that are lost. False: the run is over. Real-time-safe.
    bool skip(core::FrameCount frames) noexcept;

    // Only while open.
    int channels() const { return pcm_->agreed().channels; }
    core::FrameCount buffer_frames() const { return pcm_->agreed().buffer_frames; }
    // So many are kept in it; the device may insist on a larger one.
    core::FrameCount target_frames() const;
    core::FrameCount block() const { return std::min(block_frames, buffer_frames() / 2); }
    // The first frame that has not been written, or read.
    core::FrameCount next() const { return next_; }

    // When there is something to do again: in a third of what is kept in the buffer, and at most 10 ms; while the card
    // is away, when it is tried again. At another place of the millisecond each time: positions of USB advance once in
    // that time, and always read at the same place of it they would hide how far from its edge that is (dither).
    core::LocalTime next_wake() const;
    // The trouble stays: what it was when it was last tried.
    void close();

  private:
    void end_run(int error);
    core::FrameCount frames_gone() const;

    const AlsaDevice device_;
    const Direction direction_;
    const ports::Clock& clock_;
    Trouble& trouble_;
    std::optional<Pcm> pcm_;
    media::SampleEncoder encoder_{media::SampleFormat::s16};
    std::vector<std::byte> bytes_;
    bool running_ = false;
    bool prepared_ = false;
    std::optional<core::LocalTime> retry_at_;  // absent: at once
    std::uint32_t run_ = 0;
    core::FrameCount next_ = 0;
    std::optional<ports::DeviceReading> last_;
    mutable std::uint32_t wakes_ = 0;
};

}  // namespace antiphon::alsa
