// What a device captures, on its way into a stream.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "apps/live/source.hpp"
#include "media/live/source_buffer.hpp"
#include "media/spsc_queue.hpp"
#include "ports/audio.hpp"

namespace antiphon::live {

// From the device's thread through a ring into the buffer that follows its clock. captured() is the device's thread's,
// the rest one loop's.
class CaptureFlow final : public ports::Capturer {
  public:
    // Real-time-safe. A full ring loses the block: whoever does not produce for so long hears it as a gap.
    void captured(const ports::CaptureBlock& block) noexcept override;

    // `at` by the clock of the blocks' readings. What nobody asked for in time is not heard late.
    void produce(std::span<float> frames, core::LocalTime at);
    media::SourcePhase phase() const { return phase_; }
    std::uint64_t lost_frames() const { return lost_.load(std::memory_order_relaxed); }

  private:
    static constexpr std::size_t block_frames = 240;  // longer blocks are cut
    static constexpr std::size_t ring_blocks = 64;    // 0.3 s that the loop may be late
    struct Block {
        core::LocalTime at;
        std::size_t frames = 0;
        std::array<float, block_frames * Source::channels> samples;
    };

    bool is_stale(const Block& block, core::LocalTime at);

    media::SpscQueue<Block, ring_blocks> ring_;
    media::SourceBuffer buffer_{{.channels = Source::channels}};
    media::SourcePhase phase_ = media::SourcePhase::filling;
    bool asked_ = false;  // ever
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace antiphon::live
