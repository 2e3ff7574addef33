// The fade-out mirrors the last frames at the place where the gap begins.
#include "media/live/concealer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/contract.hpp"

namespace antiphon::media {

Concealer::Concealer(int channels, int fade_frames)
    : channels_(channels), curve_(static_cast<std::size_t>(fade_frames)) {
    ANTIPHON_ASSERT(channels > 0 && fade_frames > 0);
    for (std::size_t i = 0; i < curve_.size(); ++i)
        curve_[i] = static_cast<float>(
            0.5 - 0.5 * std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(fade_frames)));
    last_.resize(curve_.size() * width());
}

void Concealer::restart() noexcept {
    std::fill(last_.begin(), last_.end(), 0.0F);
    in_gap_ = false;
    faded_in_ = 0;
}

void Concealer::good(std::span<float> frames) noexcept {
    const auto fade = static_cast<int>(curve_.size());
    if (in_gap_) {
        in_gap_ = false;
        faded_in_ = 0;
    }
    for (std::size_t at = 0; faded_in_ < fade && at < frames.size(); at += width(), ++faded_in_)
        for (std::size_t c = 0; c < width(); ++c) frames[at + c] *= curve_[static_cast<std::size_t>(faded_in_)];
    remember(frames);
}

void Concealer::missing(std::span<float> frames) noexcept {
    const auto fade = curve_.size();
    if (!in_gap_) {
        in_gap_ = true;
        ++counters_.gaps;
        faded_out_ = 0;
    }
    counters_.frames_missing += frames.size() / width();
    for (std::size_t at = 0; at < frames.size(); at += width()) {
        const auto place = static_cast<std::size_t>(faded_out_);
        const bool silent = place >= fade;
        for (std::size_t c = 0; c < width(); ++c)
            frames[at + c] = silent ? 0.0F : last_[(fade - 1 - place) * width() + c] * curve_[fade - 1 - place];
        if (!silent) ++faded_out_;
    }
    // what sounded last is silence now
    if (static_cast<std::size_t>(faded_out_) >= fade) std::fill(last_.begin(), last_.end(), 0.0F);
}

void Concealer::remember(std::span<const float> frames) noexcept {
    const auto kept = std::min(frames.size(), last_.size());
    std::move(last_.begin() + static_cast<std::ptrdiff_t>(kept), last_.end(), last_.begin());
    std::copy(frames.end() - static_cast<std::ptrdiff_t>(kept), frames.end(),
              last_.end() - static_cast<std::ptrdiff_t>(kept));
}

}  // namespace antiphon::media
