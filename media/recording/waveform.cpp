// Columns fill one after the other.
#include "media/recording/waveform.hpp"

#include <algorithm>

namespace antiphon::media {

Waveform::Waveform() { columns_.reserve(columns_max); }

WaveformColumn& Waveform::column() noexcept {
    const auto index = static_cast<std::size_t>(frames_ / frames_per_column_);
    if (index < columns_.size()) return columns_[index];
    if (columns_.size() == columns_max) {
        halve();
        return column();
    }
    return columns_.emplace_back();
}

void Waveform::halve() noexcept {
    for (std::size_t i = 0; 2 * i < columns_.size(); ++i) {
        auto& to = columns_[i] = columns_[2 * i];
        if (2 * i + 1 == columns_.size()) break;
        const auto& other = columns_[2 * i + 1];
        to.low = std::min(to.low, other.low);
        to.high = std::max(to.high, other.high);
        to.squares += other.squares;
        to.sound += other.sound;
    }
    columns_.resize((columns_.size() + 1) / 2);
    frames_per_column_ *= 2;
}

void Waveform::add(std::span<const float> samples) noexcept {
    while (!samples.empty()) {
        auto& into = column();
        const auto now = std::min<std::size_t>(samples.size(), static_cast<std::size_t>(room()));
        for (const float sample : samples.first(now)) {
            into.low = std::min(into.low, sample);
            into.high = std::max(into.high, sample);
            into.squares += static_cast<double>(sample) * sample;
        }
        into.sound += static_cast<core::FrameCount>(now);
        frames_ += static_cast<core::FrameCount>(now);
        samples = samples.subspan(now);
    }
}

void Waveform::add_gap(core::FrameCount frames) noexcept {
    while (frames > 0) {
        column();
        const auto now = std::min(frames, room());
        frames_ += now;
        frames -= now;
    }
}

}  // namespace antiphon::media
