// Whole frames of what came, however it was cut.
#include "apps/live/pcm.hpp"

#include <algorithm>

namespace antiphon::live {

std::span<const float> PcmReader::read(std::span<const std::byte> bytes) {
    frames_.clear();
    if (!rest_.empty()) {
        const auto more = std::min(frame_bytes() - rest_.size(), bytes.size());
        rest_.insert(rest_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(more));
        bytes = bytes.subspan(more);
        if (rest_.size() < frame_bytes()) return frames_;
        convert(rest_);
        rest_.clear();
    }
    const auto whole = bytes.size() / frame_bytes() * frame_bytes();
    convert(bytes.first(whole));
    rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(whole), bytes.end());
    return frames_;
}

void PcmReader::convert(std::span<const std::byte> bytes) {
    const auto count = bytes.size() / static_cast<std::size_t>(media::bytes_per_sample(format_.sample));
    const auto before = frames_.size();
    frames_.resize(before + (format_.channels == 1 ? 2 * count : count));
    const auto frames = std::span(frames_).subspan(before);
    media::decode_samples(format_.sample, bytes.data(), frames.first(count));
    if (format_.channels != 1) return;
    for (auto i = count; i-- > 0;) frames[2 * i] = frames[2 * i + 1] = frames[i];
}

}  // namespace antiphon::live
