// The microphone's periods.
#include "adapters/virtual_audio/microphone_loop.hpp"

#include <algorithm>

#include "adapters/virtual_audio/draw.hpp"

namespace antiphon::virtual_audio {
namespace {

// Less than the latency: a speaker is found before the first of its sound is mixed.
constexpr core::Duration rescan_interval = std::chrono::milliseconds{40};
// -80 dBFS RMS of an even distribution, whose peak is the square root of three times as high.
constexpr double noise_peak = 1.7320508e-4;

}  // namespace

MicrophoneLoop::MicrophoneLoop(const MicrophoneSetup& setup, const DeviceTimeline& timeline, const TrueClock& truth,
                               const ports::Clock& clock, Air& air, MicrophoneTally& tally)
    : setup_(setup),
      timeline_(timeline),
      truth_(truth),
      clock_(clock),
      air_(air),
      tally_(tally),
      block_(static_cast<std::size_t>(capture_period_frames)) {}

TrueTime MicrophoneLoop::next_wake() const {
    return timeline_.time_of(next_ + capture_period_frames) + capture_latency;
}

void MicrophoneLoop::step(ports::Capturer& capturer) {
    const TrueTime now = truth_.now();
    const core::FrameCount position = timeline_.position_at(now);
    const ports::DeviceReading reading{clock_.now(), position - position % setup_.granule, setup_.run};
    rescan_sometimes(now);
    skip_overwritten(position);
    while (next_wake() <= now) deliver(capturer, now, reading);
}

void MicrophoneLoop::rescan_sometimes(TrueTime now) {
    if (now < rescan_at_) return;
    air_.rescan(now);
    rescan_at_ = now + rescan_interval;
}

void MicrophoneLoop::skip_overwritten(core::FrameCount position) {
    const core::FrameCount lost = position - setup_.buffer_frames - next_;
    if (lost <= 0) return;
    tally_.lost_frames.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
    tally_.overruns.fetch_add(1, std::memory_order_relaxed);
    next_ += lost;
}

void MicrophoneLoop::deliver(ports::Capturer& capturer, TrueTime now, const ports::DeviceReading& reading) {
    for (std::size_t i = 0; i < block_.size(); ++i) block_[i] = noise(next_ + static_cast<core::FrameCount>(i));
    air_.add(timeline_, next_, now, block_);
    for (float& sample : block_) sample = std::clamp(sample, -1.0F, 1.0F);
    capturer.captured({.reading = reading, .first = next_, .channels = 1, .samples = block_});
    tally_.captured_frames.fetch_add(capture_period_frames, std::memory_order_relaxed);
    next_ += capture_period_frames;
}

float MicrophoneLoop::noise(core::FrameCount frame) const {
    return static_cast<float>(noise_peak * to_unit(mix_bits(setup_.noise_seed ^ static_cast<std::uint64_t>(frame))));
}

}  // namespace antiphon::virtual_audio
