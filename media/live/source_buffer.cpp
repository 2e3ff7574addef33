// The position in the source's frames is driven; how fast, its clock tells, and the fewest frames that waited lately.
#include "media/live/source_buffer.hpp"

#include <algorithm>
#include <limits>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

constexpr core::Duration look_each = std::chrono::seconds(4);
constexpr core::Duration servo_time = std::chrono::seconds(2);
constexpr core::Duration needless = std::chrono::milliseconds(10);  // that much more than the margin waits for nothing
constexpr core::Duration shrink = std::chrono::milliseconds(1);     // with each look
constexpr core::Duration full_lately = std::chrono::seconds(2);
constexpr core::FrameCount none = std::numeric_limits<core::FrameCount>::max();

}  // namespace

SourceBuffer::SourceBuffer(const SourceBufferOptions& options)
    : options_(options),
      resampler_(std::min(1.0, static_cast<double>(core::cluster_rate) / options.rate)),
      window_(options.channels, options.capacity_frames),
      clock_(options.rate,
             {.readings_min = 4, .start_error = std::chrono::seconds(1)}),  // it makes up for the rest by and by
      concealer_(options.channels, options.fade_frames),
      step_(nominal_step()),
      fill_wanted_(frames_in(options.first_fill)),
      fewest_(none) {
    window_.refresh();
}

core::FrameCount SourceBuffer::frames_in(core::Duration duration) const noexcept {
    return duration.count() * options_.rate / 1'000'000'000;
}

core::FrameCount SourceBuffer::write(std::span<const float> frames, core::LocalTime at) noexcept {
    const auto offered = static_cast<core::FrameCount>(frames.size()) / options_.channels;
    const auto taken = window_.write(frames);
    if (taken == 0) {
        if (offered > 0) full_at_ = at, was_full_ = true;
        return 0;
    }
    received_ += taken;
    last_arrival_ = at;
    clock_.add(at, received_);
    if (window_.writable() == 0) full_at_ = at, was_full_ = true;
    return taken;
}

SourcePhase SourceBuffer::produce(std::span<float> out, core::LocalTime at) noexcept {
    const auto frames = static_cast<core::FrameCount>(out.size()) / options_.channels;
    window_.refresh();
    const auto needed = static_cast<core::FrameCount>(static_cast<double>(frames) * step_) + Resampler::after + 2;
    const bool begins = phase_ != SourcePhase::flowing;
    if (waiting() < (begins && !ended_ ? std::max(needed, fill_wanted_) : needed)) return miss(out, at);
    if (begins) begin(at);
    steer(waiting() - needed, at);
    sound(out);
    return phase_ = SourcePhase::flowing;
}

// The last frames of a source that has ended are too few for a whole packet: they are left out.
SourcePhase SourceBuffer::miss(std::span<float> out, core::LocalTime at) noexcept {
    concealer_.missing(out);
    if (ended_) return phase_ = SourcePhase::ended;
    if (phase_ == SourcePhase::filling) return phase_;
    if (phase_ == SourcePhase::flowing) {
        phase_ = SourcePhase::starved;
        fill_wanted_ = std::min(2 * fill_wanted_, window_.capacity() / 2);  // its chunks are longer than was thought
    }
    if (phase_ == SourcePhase::starved && at - last_arrival_ >= options_.stalled_after) {
        phase_ = SourcePhase::stalled;
        ++stalls_;
        clock_.reset();  // it may go on in another time
        fill_wanted_ = frames_in(options_.first_fill);
    }
    return phase_;
}

void SourceBuffer::begin(core::LocalTime at) noexcept {
    age_frames_.reset();
    fewest_ = none;
    looked_at_ = at;
}

void SourceBuffer::steer(core::FrameCount waiting_now, core::LocalTime at) noexcept {
    step_ = nominal_step();
    if (was_full_ && at - full_at_ < full_lately) return;
    if (!clock_.usable()) return;
    const double made = clock_.to_frame(at);  // the frame that the source makes now
    const double position = static_cast<double>(position_.frame) + position_.fraction;
    if (!age_frames_) age_frames_ = made - position;
    consider_age(waiting_now, at);
    const double error_s = (made - *age_frames_ - position) / options_.rate;
    const double pull = error_s / (static_cast<double>(servo_time.count()) * 1e-9);
    step_ = 1e9 / core::cluster_rate / clock_.frame_ns() *
            (1 + std::clamp(pull, -options_.correction_max, options_.correction_max));
}

void SourceBuffer::consider_age(core::FrameCount waiting_now, core::LocalTime at) noexcept {
    fewest_ = std::min(fewest_, waiting_now);
    if (at - looked_at_ < look_each) return;
    const auto over = fewest_ - frames_in(options_.margin);
    if (over < 0) *age_frames_ -= static_cast<double>(over);
    if (over > frames_in(needless)) *age_frames_ -= static_cast<double>(frames_in(shrink));
    fewest_ = none;
    looked_at_ = at;
}

void SourceBuffer::sound(std::span<float> out) noexcept {
    const auto width = static_cast<std::size_t>(options_.channels);
    std::array<float, static_cast<std::size_t>(Resampler::taps) * Resampler::channels_max> first{};
    for (std::size_t i = 0; i + width <= out.size(); i += width) {
        const auto from = position_.frame - Resampler::before;
        const float* taps = nullptr;
        if (from >= window_.begin()) {
            taps = window_.view(from);
        } else {  // the source's first frames: silence was before them
            const auto absent = static_cast<std::size_t>(window_.begin() - from) * width;
            std::copy_n(window_.view(window_.begin()), Resampler::taps * width - absent, first.data() + absent);
            taps = first.data();
        }
        resampler_.sample(taps, options_.channels, position_.fraction, out.data() + i);
        position_.advance(step_);
    }
    window_.release(position_.frame - Resampler::before);
    concealer_.good(out);
}

SourceBufferStatus SourceBuffer::status() const noexcept {
    return {.phase = phase_,
            .waiting = core::Duration{waiting() * 1'000'000'000 / options_.rate},
            .source_ppm = (step_ / nominal_step() - 1) * 1e6,
            .paced_by_us = was_full_ && step_ == nominal_step(),
            .stalls = stalls_,
            .frames_missing = concealer_.counters().frames_missing};
}

}  // namespace antiphon::media
