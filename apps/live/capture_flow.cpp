// Whatever the device has, two channels come out.
#include "apps/live/capture_flow.hpp"

#include <algorithm>

namespace antiphon::live {
namespace {

constexpr core::Duration stale_after = std::chrono::milliseconds(100);

}  // namespace

void CaptureFlow::captured(const ports::CaptureBlock& block) noexcept {
    const auto width = static_cast<std::size_t>(block.channels);
    const auto frames = block.samples.size() / width;
    for (std::size_t from = 0; from < frames; from += block_frames) {
        Block piece;
        piece.at = block.reading.at;
        piece.frames = std::min(block_frames, frames - from);
        for (std::size_t i = 0; i < piece.frames; ++i) {
            const auto* frame = block.samples.data() + (from + i) * width;
            piece.samples[2 * i] = frame[0];
            piece.samples[2 * i + 1] = frame[width == 1 ? 0 : 1];
        }
        if (!ring_.push(piece)) lost_.fetch_add(piece.frames, std::memory_order_relaxed);
    }
}

void CaptureFlow::produce(std::span<float> frames, core::LocalTime at) {
    while (const auto block = ring_.pop()) {
        if (is_stale(*block, at)) continue;
        buffer_.write(std::span(block->samples).first(block->frames * Source::channels), block->at);
    }
    asked_ = true;
    phase_ = buffer_.produce(frames, at);
}

// What was captured before anybody asked is nobody's loss.
bool CaptureFlow::is_stale(const Block& block, core::LocalTime at) {
    if (at - block.at <= stale_after) return false;
    if (asked_) lost_.fetch_add(block.frames, std::memory_order_relaxed);
    return true;
}

}  // namespace antiphon::live
