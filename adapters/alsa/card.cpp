// Runs, and what lies between them.
#include "adapters/alsa/card.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace antiphon::alsa {
namespace {

constexpr core::Duration wake_at_most = std::chrono::milliseconds(10);
constexpr core::Duration dither = std::chrono::milliseconds(1);

core::Duration duration_of(core::FrameCount frames) {
    return core::Duration{frames * 1'000'000'000 / core::cluster_rate};
}

}  // namespace

Card::Card(AlsaDevice device, Direction direction, const ports::Clock& clock, Trouble& trouble)
    : device_(std::move(device)), direction_(direction), clock_(clock), trouble_(trouble) {}

bool Card::open() {
    if (pcm_ && prepared_) return true;
    if (retry_at_ && clock_.now() < *retry_at_) return false;
    if (!pcm_) {
        auto opened = Pcm::open(device_.pcm, direction_, device_.buffer, clock_);
        if (!opened) {
            trouble_.set(opened.error().what + "; it is tried again each second");
            retry_at_ = clock_.now() + retry_after;
            return false;
        }
        pcm_ = std::move(*opened);
        encoder_ = media::SampleEncoder(pcm_->agreed().format);
        const auto frame_bytes = media::bytes_per_sample(pcm_->agreed().format) * channels();
        bytes_.resize(static_cast<std::size_t>(block()) * static_cast<std::size_t>(frame_bytes));
    }
    if (const int error = pcm_->prepare(); error < 0) return end_run(error), false;
    next_ = std::max(next_, frames_gone());
    return prepared_ = true;
}

core::FrameCount Card::target_frames() const {
    const auto wished = device_.buffer.count() * core::cluster_rate / 1'000'000'000;
    return std::clamp(wished, 2 * block(), buffer_frames());
}

// A device that was away is counted as if it had gone on at its nominal rate.
core::FrameCount Card::frames_gone() const {
    if (!last_) return 0;
    return last_->frames + (clock_.now() - last_->at).count() * core::cluster_rate / 1'000'000'000;
}

bool Card::begun() {
    prepared_ = false;
    if (!pcm_) return false;
    if (const int error = pcm_->start(); error < 0) return end_run(error), false;
    ++run_;
    retry_at_.reset();
    trouble_.set("");
    return running_ = true;
}

std::optional<Moment> Card::look() noexcept {
    Moment moment;
    if (const int error = pcm_->look(moment); error < 0) return end_run(error), std::nullopt;
    last_ = reading(moment);
    return moment;
}

ports::DeviceReading Card::reading(const Moment& moment) const noexcept {
    return {moment.at, direction_ == Direction::playback ? next_ - moment.delay : next_ + moment.delay, run_};
}

core::FrameCount Card::write(std::span<const float> samples) noexcept {
    const auto frames = static_cast<core::FrameCount>(samples.size()) / channels();
    encoder_.encode(samples, bytes_.data());
    const auto written = pcm_->write(bytes_.data(), frames);
    if (written == -EAGAIN) return 0;
    if (written < 0) return end_run(static_cast<int>(written)), 0;
    next_ += written;
    return written;
}

core::FrameCount Card::read(std::span<float> samples) noexcept {
    const auto frames = static_cast<core::FrameCount>(samples.size()) / channels();
    const auto got = pcm_->read(bytes_.data(), frames);
    if (got == -EAGAIN) return 0;
    if (got < 0) return end_run(static_cast<int>(got)), 0;
    const auto count = static_cast<std::size_t>(got) * static_cast<std::size_t>(channels());
    media::decode_samples(pcm_->agreed().format, bytes_.data(), samples.first(count));
    next_ += got;
    return got;
}

bool Card::skip(core::FrameCount frames) noexcept {
    const auto skipped = pcm_->skip(frames);
    if (skipped < frames) return end_run(skipped < 0 ? static_cast<int>(skipped) : -EPIPE), false;
    next_ += frames;
    return true;
}

// What an underrun ended is begun anew at once; a machine that slept is waited for; what is gone is closed.
void Card::end_run(int error) {
    const bool ran = std::exchange(running_, false);
    prepared_ = false;
    if (error == -EPIPE) {
        if (!ran) retry_at_ = clock_.now() + retry_after / 10;
        return;
    }
    if (error == -ESTRPIPE) {
        const int resumed = pcm_->resume();
        if (resumed == -EAGAIN) retry_at_ = clock_.now() + retry_after / 10;
        if (resumed == -EAGAIN || resumed == 0 || resumed == -ENOSYS) return;
    }
    trouble_.set("alsa:" + device_.pcm + ": " + Pcm::word_for(error) + "; it is tried again each second");
    pcm_.reset();
    retry_at_ = clock_.now() + retry_after;
}

core::LocalTime Card::next_wake() const {
    const auto now = clock_.now();
    if (!running_) return retry_at_ ? std::max(*retry_at_, now + dither) : now + dither;
    // The golden ratio's multiples fill the millisecond evenly, whatever their number.
    const auto spread = core::Duration{static_cast<std::int64_t>(
        std::uint64_t{++wakes_ * 2'654'435'769U} * static_cast<std::uint64_t>(dither.count()) >> 32)};
    return now + std::min(duration_of(target_frames() / 3), wake_at_most) - dither / 2 + spread;
}

void Card::close() {
    running_ = prepared_ = false;
    pcm_.reset();
    last_.reset();
    next_ = 0;
    retry_at_.reset();
}

}  // namespace antiphon::alsa
