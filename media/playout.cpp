// A block is filled in runs: silence up to a moment that is known exactly, or sound until its fade ends.
#include "media/playout.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

int frames_in(core::Duration duration, core::SampleRate rate) {
    return static_cast<int>(std::max<std::int64_t>(1, duration.count() * rate / 1'000'000'000));
}

double band(const PlayoutOptions& options) {
    return std::min(1.0, static_cast<double>(options.device_rate) / options.programme_rate);
}

// A thousandth of a frame is less than the clocks' nanoseconds: whoever is that near a frame has reached it.
constexpr double nearly = 1e-3;

bool reached(const MediaPosition& position, core::FrameCount frame) noexcept {
    return position.frame >= frame || (position.frame == frame - 1 && position.fraction > 1 - nearly);
}

// One writer: cheaper than an atomic addition.
void count(std::atomic<std::uint64_t>& counter, std::uint64_t more = 1) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

// Mono goes to the first two channels, everything goes to mono in equal parts, otherwise channel by channel.
void mix(const float* in, int in_channels, float level, float* out, int out_channels) noexcept {
    float mean = 0;
    if (out_channels == 1)
        for (int i = 0; i < in_channels; ++i) mean += in[i] / static_cast<float>(in_channels);
    for (int i = 0; i < out_channels; ++i) {
        const int source = in_channels == 1 && i == 1 ? 0 : i;
        out[i] = level * (out_channels == 1 ? mean : source < in_channels ? in[source] : 0.0F);
    }
}

}  // namespace

Playout::Playout(std::vector<PcmWindow*> windows, const PlayoutOptions& options)
    : windows_(std::move(windows)),
      window_(windows_.at(0)),
      options_(options),
      resampler_(band(options)),
      device_(options.device_rate),
      fade_(frames_in(options.fade, options.device_rate)),
      volume_(1.0F, frames_in(options.volume_ramp, options.device_rate)),
      limiter_(frames_in(options.limiter_release, options.device_rate)) {
    for (const auto* window : windows_) ANTIPHON_ASSERT(window->channels() <= Resampler::channels_max);
    ANTIPHON_ASSERT(Resampler::taps <= PcmWindow::view_frames);
}

void Playout::render(const OutputBlock& block) noexcept {
    device_.add(block.at, block.played, block.run);
    if (block.first != next_device_frame_ && !fade_.silent()) {
        fade_.cut();  // the device has played silence meanwhile
        count(shared_.reseats);
    }
    next_device_frame_ = block.first;
    take_news();
    place(block.first);
    const auto frames = static_cast<core::FrameCount>(block.samples.size()) / block.channels;
    for (core::FrameCount done = 0; done < frames;) {
        if (fade_.silent()) settle(done);
        float* out = block.samples.data() + done * block.channels;
        const auto quiet = fade_.silent() ? quiet_frames(frames - done) : 0;
        done += quiet > 0 ? rest(quiet, out, block.channels) : sound(frames - done, out, block.channels);
    }
    next_device_frame_ += frames;
    // While it fades out for a pause, the frames are kept for going on at the same place.
    if (placed_ && !leaving_ && position_.frame < stop_frame_ && window_->epoch() == timeline_.epoch)
        window_->release(position_.frame - Resampler::before);
    publish();
}

void Playout::take_news() noexcept {
    volume_.aim(muted_.load(std::memory_order_relaxed) ? 0.0F : gain_.load(std::memory_order_relaxed));
    window_->refresh();
    timelines_.update();
    clocks_.update();
    consider_timeline();
    if (clocks_.value().valid() && clocks_.value().incarnation == timeline_.incarnation) map_ = clocks_.value();
}

void Playout::consider_timeline() noexcept {
    const auto& next = timelines_.value();
    leaving_ = false;
    if (next == timeline_) return;
    const bool clock_follows = !next.playing || next.incarnation == clocks_.value().incarnation;
    const bool same_stream = next.playing && timeline_.playing && next.epoch == timeline_.epoch;
    if (timeline_.playing && !clock_follows) return;  // goes on by the old clock until the new one is known
    if (same_stream || fade_.silent())
        switch_timeline();
    else
        leaving_ = true;
}

void Playout::switch_timeline() noexcept {
    sounded_ = sounded_ && timeline_.epoch == timelines_.value().epoch;
    timeline_ = timelines_.value();
    window_ = windows_[timeline_.window < windows_.size() ? timeline_.window : 0];
    window_->refresh();
    leaving_ = ended_ = false;
    stop_frame_ = PcmWindow::no_end;
    if (timeline_.stop_ns != Timeline::never_ns)
        stop_frame_ = timeline_.at(timeline_.stop_ns, options_.programme_rate).frame;
    if (clocks_.value().valid() && clocks_.value().incarnation == timeline_.incarnation) map_ = clocks_.value();
}

bool Playout::can_place() const noexcept {
    return timeline_.playing && map_.valid() && map_.incarnation == timeline_.incarnation && device_.usable();
}

// Where the block's first frame belongs, and how fast to go.
void Playout::place(core::FrameCount first) noexcept {
    placed_ = can_place();
    if (!placed_) return;
    const core::Duration delay{delay_ns_.load(std::memory_order_relaxed)};
    const auto heard = device_.to_local(static_cast<double>(first)) + delay;
    wanted_ = timeline_.at(map_.to_cluster(heard), options_.programme_rate);
    feed_forward_ = device_.frame_ns() * map_.rate() * options_.programme_rate * 1e-9;
    step_ = feed_forward_;
    if (fade_.silent()) return;  // settle() follows
    error_frames_ = wanted_.minus(position_);
    const double error_s = error_frames_ / options_.programme_rate;
    reseating_ = std::abs(error_s) > static_cast<double>(options_.reseat_above.count()) * 1e-9;
    const double pull = error_s / (static_cast<double>(options_.servo_time.count()) * 1e-9);
    step_ *= 1 + std::clamp(pull, -options_.correction_max, options_.correction_max);
}

// Nothing is heard: the moment for every jump.
void Playout::settle(core::FrameCount frames_into_block) noexcept {
    if (leaving_) {
        switch_timeline();
        place(next_device_frame_);
    }
    if (window_->restart_pending() && (!timeline_.playing || window_->epoch() != timeline_.epoch)) window_->adopt();
    volume_.jump();
    if (!placed_) return;
    if (reseating_) count(shared_.reseats);
    reseating_ = false;
    position_ = wanted_;
    position_.advance(feed_forward_ * static_cast<double>(frames_into_block));
    step_ = feed_forward_;
    error_frames_ = 0;
}

// How many of the next `left` frames are silent for sure; 0 = sound may begin. Sets the phase.
core::FrameCount Playout::quiet_frames(core::FrameCount left) noexcept {
    phase_ = timeline_.playing ? PlayoutPhase::waiting : PlayoutPhase::idle;
    if (!placed_) {
        // The device has lost its position, say: silence in the midst of sound is none that was wanted.
        if (timeline_.playing && sounded_ && !ended_) count(shared_.missing, static_cast<std::uint64_t>(left));
        return left;
    }
    const double to_start = MediaPosition{timeline_.start_frame, 0}.minus(position_);
    const auto until_start =
        static_cast<core::FrameCount>(std::clamp(std::ceil((to_start - nearly) / step_), 0.0, 1e9));
    if (until_start > 0) return std::min(left, until_start);
    if (reached(position_, stop_frame_)) return phase_ = PlayoutPhase::stopped, left;
    if (window_->epoch() == timeline_.epoch) {
        // A jump back by less than a fade is the servo's error, not a wish to hear the end again.
        const auto replay = ended_ ? fade_.frames() : 0;
        ended_ = reached(position_, window_->stream_end() - replay);
        if (ended_) return phase_ = PlayoutPhase::ended, left;
        // Twice a fade ahead, so that a decoder that just keeps up does not make it flutter.
        if (reached(position_, window_->begin()) && supplied(2 * fade_.frames())) return 0;
    }
    phase_ = PlayoutPhase::starving;
    count(shared_.missing, static_cast<std::uint64_t>(left));
    return left;
}

// Whether the stream is there for the position and `ahead` further frames, or up to its end.
bool Playout::supplied(core::FrameCount ahead) const noexcept {
    return window_->end() >= window_->stream_end() ||
           window_->end() - position_.frame > Resampler::after + 1 + static_cast<double>(ahead) * step_;
}

core::FrameCount Playout::rest(core::FrameCount frames, float* out, int channels) noexcept {
    std::fill_n(out, frames * channels, 0.0F);
    position_.advance(step_ * static_cast<double>(frames));
    return frames;
}

core::FrameCount Playout::sound(core::FrameCount frames, float* out, int channels) noexcept {
    phase_ = PlayoutPhase::playing;
    std::array<float, Resampler::channels_max> frame;
    const float ceiling = ceiling_.load(std::memory_order_relaxed);
    const bool stay = placed_ && !leaving_ && !reseating_ && window_->epoch() == timeline_.epoch;
    core::FrameCount done = 0;
    for (; done < frames; ++done) {
        if (reached(position_, window_->stream_end())) {
            fade_.cut();
            ended_ = true;
            break;
        }
        const bool up = stay && position_.frame < stop_frame_ && supplied(fade_.frames());
        const float level = fade_.next(up) * volume_.next();
        if (fade_.silent()) break;
        resampler_.sample(frames_at(position_.frame - Resampler::before), window_->channels(), position_.fraction,
                          frame.data());
        mix(frame.data(), window_->channels(), level, out + done * channels, channels);
        limiter_.limit(std::span(out + done * channels, static_cast<std::size_t>(channels)), ceiling);
        position_.advance(step_);
    }
    sounded_ = sounded_ || done > 0;
    count(shared_.played, static_cast<std::uint64_t>(done));
    return done;
}

// The taps' frames; where the stream has not begun, is over or is missing there is silence.
const float* Playout::frames_at(core::FrameCount first) noexcept {
    const auto last = first + Resampler::taps;
    if (first >= window_->begin() && last <= window_->end()) return window_->view(first);
    patch_.fill(0);
    const auto from = std::max(first, window_->begin()), to = std::min(last, window_->end());
    if (from < to)
        std::copy_n(window_->view(from), (to - from) * window_->channels(),
                    patch_.data() + (from - first) * window_->channels());
    return patch_.data();
}

void Playout::publish() noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    shared_.phase.store(phase_, relaxed);
    shared_.epoch.store(timeline_.epoch, relaxed);
    shared_.error_ns.store(std::llround(error_frames_ * 1e9 / options_.programme_rate), relaxed);
    shared_.position.store(position_.frame, relaxed);
    const bool known = placed_ && window_->epoch() == timeline_.epoch;
    shared_.ahead.store(known ? std::max<core::FrameCount>(0, window_->end() - position_.frame) : 0, relaxed);
    shared_.correction_ppm.store((step_ / feed_forward_ - 1) * 1e6, relaxed);
    shared_.device_ppm.store(device_.usable() ? device_.ppm() : 0, relaxed);
    shared_.device_restarts.store(device_.restarts(), relaxed);
}

PlayoutStatus Playout::status() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {.phase = shared_.phase.load(relaxed),
            .epoch = shared_.epoch.load(relaxed),
            .frames_played = shared_.played.load(relaxed),
            .frames_missing = shared_.missing.load(relaxed),
            .reseats = shared_.reseats.load(relaxed),
            .device_restarts = shared_.device_restarts.load(relaxed),
            .position_error_ns = shared_.error_ns.load(relaxed),
            .correction_ppm = shared_.correction_ppm.load(relaxed),
            .device_ppm = shared_.device_ppm.load(relaxed),
            .position = shared_.position.load(relaxed),
            .ahead = shared_.ahead.load(relaxed)};
}

}  // namespace antiphon::media
