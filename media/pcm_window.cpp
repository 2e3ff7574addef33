// The ring is never cut at its seam: its first frames are written twice.
#include "media/pcm_window.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::media {

PcmWindow::PcmWindow(int channels, std::size_t capacity_frames, std::uint64_t epoch, core::FrameCount first)
    : channels_(channels),
      capacity_(static_cast<core::FrameCount>(capacity_frames)),
      producing_{.epoch = epoch, .start_frame = first},
      written_frame_(first),
      latest_(producing_),
      current_(producing_),
      begin_(first),
      end_(first) {
    ANTIPHON_ASSERT(channels > 0);
    ANTIPHON_ASSERT(capacity_ >= view_frames && (capacity_ & (capacity_ - 1)) == 0);
    ring_.resize((capacity_frames + view_frames) * static_cast<std::size_t>(channels));
}

std::size_t PcmWindow::slot(std::int64_t place) const noexcept {
    return static_cast<std::size_t>(place & (capacity_ - 1)) * static_cast<std::size_t>(channels_);
}

void PcmWindow::restart(std::uint64_t epoch, core::FrameCount first) noexcept {
    ANTIPHON_ASSERT(epoch != producing_.epoch);
    const auto place = written_place_.load(std::memory_order_relaxed);
    // Of several restarts the consumer sees the last one only, but its own frames end at the first. An adoption that
    // happens just now and is not seen here leaves it with the frames that it has seen, never with wrong ones.
    const bool adopted = adopted_number_.load(std::memory_order_relaxed) == producing_.number;
    producing_ = {.number = producing_.number + 1,
                  .epoch = epoch,
                  .start_frame = first,
                  .start_place = place,
                  .left_place = adopted ? place : producing_.left_place};
    written_frame_ = first;
    finished_ = false;
    latest_.write(producing_);
}

core::FrameCount PcmWindow::writable() const noexcept {
    if (finished_) return 0;
    const auto used = written_place_.load(std::memory_order_relaxed) - released_place_.load(std::memory_order_acquire);
    return capacity_ - used;
}

core::FrameCount PcmWindow::write(std::span<const float> samples) noexcept {
    const auto offered = static_cast<core::FrameCount>(samples.size()) / channels_;
    const auto taken = std::min(offered, writable());
    const auto place = written_place_.load(std::memory_order_relaxed);
    const auto per_frame = static_cast<std::size_t>(channels_);
    for (core::FrameCount done = 0; done < taken;) {
        const auto at = (place + done) & (capacity_ - 1);
        const auto run = std::min(taken - done, capacity_ - at);
        const auto* from = samples.data() + static_cast<std::size_t>(done) * per_frame;
        std::copy_n(from, static_cast<std::size_t>(run) * per_frame, ring_.data() + slot(at));
        if (at < view_frames)
            std::copy_n(from, static_cast<std::size_t>(std::min<core::FrameCount>(run, view_frames - at)) * per_frame,
                        ring_.data() + static_cast<std::size_t>(capacity_ + at) * per_frame);
        done += run;
    }
    written_frame_ += taken;
    written_place_.store(place + taken, std::memory_order_release);
    return taken;
}

void PcmWindow::finish() noexcept {
    if (finished_) return;
    finished_ = true;
    producing_.stream_end = written_frame_;
    latest_.write(producing_);
}

void PcmWindow::refresh() noexcept {
    // In this order: whoever sees a frame of a new epoch sees the epoch too.
    seen_place_ = written_place_.load(std::memory_order_acquire);
    latest_.update();
    const auto& latest = latest_.value();
    restart_pending_ = latest.number != current_.number;
    if (!restart_pending_) current_ = latest;
    const auto limit = restart_pending_ ? std::min(seen_place_, latest.left_place) : seen_place_;
    end_ = std::max(end_, current_.start_frame + (limit - current_.start_place));
}

void PcmWindow::adopt() noexcept {
    if (!restart_pending_) return;
    current_ = latest_.value();
    restart_pending_ = false;
    begin_ = current_.start_frame;
    end_ = begin_ + std::max<std::int64_t>(0, seen_place_ - current_.start_place);
    released_place_.store(current_.start_place, std::memory_order_release);
    adopted_number_.store(current_.number, std::memory_order_relaxed);
}

// While a restart is pending the end is where the old epoch was left.
core::FrameCount PcmWindow::stream_end() const noexcept { return current_.stream_end; }

const float* PcmWindow::view(core::FrameCount first) const noexcept {
    return ring_.data() + slot(current_.start_place + first - current_.start_frame);
}

void PcmWindow::release(core::FrameCount first) noexcept {
    if (first <= begin_) return;
    begin_ = std::min(first, end_);
    released_place_.store(current_.start_place + begin_ - current_.start_frame, std::memory_order_release);
}

}  // namespace antiphon::media
