// The converter's periods.
#include "adapters/virtual_audio/speaker_loop.hpp"

#include <algorithm>

namespace antiphon::virtual_audio {

SpeakerLoop::SpeakerLoop(const SpeakerSetup& setup, const DeviceTimeline& timeline, const TrueClock& truth,
                         const ports::Clock& clock, SoundWriter& writer, SpeakerTally& tally)
    : setup_(setup),
      timeline_(timeline),
      truth_(truth),
      clock_(clock),
      writer_(writer),
      tally_(tally),
      next_(std::max(period_frames, setup.buffer_frames / 2 / period_frames * period_frames)),
      block_(static_cast<std::size_t>(period_frames) * speaker_channels),
      mono_(static_cast<std::size_t>(period_frames)) {}

// Somewhere within a granule after the period's end: always woken at the same place of it, nobody could tell how far
// from the granule's edge that is (dither).
core::FrameCount SpeakerLoop::wake_after(core::FrameCount period) const {
    const auto spread = static_cast<std::uint64_t>(period) * 2'654'435'761U >> 8;  // Knuth's multiplicative hash
    return period * period_frames +
           static_cast<core::FrameCount>(spread % static_cast<std::uint64_t>(std::min(setup_.granule, period_frames)));
}

TrueTime SpeakerLoop::next_wake() const {
    const core::FrameCount position = timeline_.position_at(truth_.now());
    const core::FrameCount period = position / period_frames;
    return timeline_.time_of(wake_after(period) > position ? wake_after(period) : wake_after(period + 1));
}

// The first frame that has not begun to play, so the first that can still be rendered.
core::FrameCount SpeakerLoop::first_open() const { return timeline_.position_at(truth_.now()) + 1; }

void SpeakerLoop::step(ports::Renderer& renderer) {
    const core::FrameCount position = timeline_.position_at(truth_.now());
    const ports::DeviceReading reading{clock_.now(), position - position % setup_.granule, setup_.run};
    skip_lost();
    while (next_ + period_frames <= position + setup_.buffer_frames) render_block(renderer, reading);
}

// After an underrun the application gets a period's head start, as from any driver: rendering the very next frame
// would lose the race against the converter.
void SpeakerLoop::skip_lost() {
    const core::FrameCount open = first_open();
    if (next_ >= open) return;
    const core::FrameCount resume = open - 1 + period_frames;
    count_lost(resume - next_);
    next_ = resume;
}

void SpeakerLoop::render_block(ports::Renderer& renderer, const ports::DeviceReading& reading) {
    std::fill(block_.begin(), block_.end(), 0.0F);
    renderer.render({.reading = reading, .first = next_, .channels = speaker_channels, .samples = block_});
    tally_.rendered_frames.fetch_add(period_frames, std::memory_order_relaxed);
    for (std::size_t i = 0; i < mono_.size(); ++i)
        mono_[i] = setup_.mute ? 0.0F : 0.5F * (block_[2 * i] + block_[2 * i + 1]);
    // Rendering takes true time as well: what began to play meanwhile was silence.
    const core::FrameCount too_late = std::clamp<core::FrameCount>(first_open() - next_, 0, period_frames);
    if (too_late > 0) {
        std::fill_n(mono_.begin(), too_late, 0.0F);
        count_lost(too_late);
    }
    writer_.publish(next_, mono_);
    next_ += period_frames;
}

void SpeakerLoop::count_lost(core::FrameCount frames) {
    tally_.lost_frames.fetch_add(static_cast<std::uint64_t>(frames), std::memory_order_relaxed);
    tally_.underruns.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace antiphon::virtual_audio
