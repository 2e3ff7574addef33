// The decoded part of a stream between its decoder's thread and an audio callback.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "media/triple_buffer.hpp"

namespace antiphon::media {

// A ring of interleaved float frames that are addressed by their absolute index in the stream. One producer (decoder)
// and one consumer (audio callback), wait-free on both sides, all memory allocated at construction.
//
// The producer appends; the consumer looks at any frame it has not released yet. A seek or a new stream is a *restart*:
// the producer starts a new epoch at any frame index, without waiting; the consumer goes on with the old frames until
// it adopts the new epoch (after its fade-out, say), which releases all old frames at once.
class PcmWindow {
  public:
    static constexpr core::FrameCount no_end = std::numeric_limits<core::FrameCount>::max();
    static constexpr int view_frames = 64;  // so many frames are contiguous from any frame on

    // `capacity_frames` is a power of two and at least view_frames; `channels` is 1 or more. The first epoch is
    // `epoch`, from frame `first` on, and adopted already.
    PcmWindow(int channels, std::size_t capacity_frames, std::uint64_t epoch = 0, core::FrameCount first = 0);

    int channels() const noexcept { return channels_; }
    core::FrameCount capacity() const noexcept { return capacity_; }

    // --- Producer only; real-time-safe.

    // Begins a new epoch at frame `first`. Epochs differ from their predecessor. Until the consumer adopts it, only
    // the space that the old frames leave is writable.
    void restart(std::uint64_t epoch, core::FrameCount first) noexcept;
    // How many frames write() would take.
    core::FrameCount writable() const noexcept;
    // Appends what fits, interleaved; answers how many frames that was. After finish() none.
    core::FrameCount write(std::span<const float> samples) noexcept;
    // No frame of this epoch follows: the stream ends where the producer is.
    void finish() noexcept;
    // The index of the frame that comes next.
    core::FrameCount next_frame() const noexcept { return written_frame_; }
    std::uint64_t producer_epoch() const noexcept { return producing_.epoch; }

    // --- Consumer only; real-time-safe. What it sees changes in refresh() and adopt() only.

    void refresh() noexcept;
    bool restart_pending() const noexcept { return restart_pending_; }
    std::uint64_t pending_epoch() const noexcept { return latest_.value().epoch; }
    // Leaves the old epoch for the pending one.
    void adopt() noexcept;
    std::uint64_t epoch() const noexcept { return current_.epoch; }
    // Frames [begin, end) may be viewed.
    core::FrameCount begin() const noexcept { return begin_; }
    core::FrameCount end() const noexcept { return end_; }
    // One past the last frame of the stream, or no_end while unknown.
    core::FrameCount stream_end() const noexcept;
    // Frames from `first` on, `view_frames` of them contiguous, of which those within [begin, end) are valid;
    // begin <= first < end.
    const float* view(core::FrameCount first) const noexcept;
    // Frames below `first` are not needed any more; beyond end() it stops there.
    void release(core::FrameCount first) noexcept;

  private:
    // A place in the ring counts all frames ever written; a frame of the stream is at place `start_place + frame -
    // start_frame` of its epoch.
    struct Segment {
        std::uint64_t number = 0;  // of restarts before it: an epoch may come again
        std::uint64_t epoch = 0;
        core::FrameCount start_frame = 0;
        std::int64_t start_place = 0;
        core::FrameCount stream_end = no_end;
        std::int64_t left_place = 0;  // where the segment that the consumer was in ended
    };

    std::size_t slot(std::int64_t place) const noexcept;

    int channels_;
    core::FrameCount capacity_;
    std::vector<float> ring_;  // capacity frames, then a copy of the first view_frames of them

    // Producer's.
    Segment producing_;
    core::FrameCount written_frame_;
    bool finished_ = false;

    alignas(64) std::atomic<std::int64_t> written_place_{0};   // by the producer
    alignas(64) std::atomic<std::int64_t> released_place_{0};  // by the consumer
    std::atomic<std::uint64_t> adopted_number_{0};             // by the consumer
    TripleBuffer<Segment> latest_;

    // Consumer's.
    alignas(64) Segment current_;
    bool restart_pending_ = false;
    core::FrameCount begin_;
    core::FrameCount end_;
    std::int64_t seen_place_ = 0;
};

}  // namespace antiphon::media
