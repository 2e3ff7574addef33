// Little-endian, byte by byte: the same on every machine.
#include "apps/live/pcm.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace antiphon::live {
namespace {

std::uint32_t little_endian(const std::byte* bytes, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * (4 - count + i));
    return value;  // in the upper bits, so that the sign is where it belongs
}

float sample_of(const std::byte* bytes, SampleFormat format) {
    const auto bits = little_endian(bytes, bytes_per_sample(format));
    if (format != SampleFormat::f32) return static_cast<float>(static_cast<std::int32_t>(bits)) / 2147483648.0F;
    const auto value = std::bit_cast<float>(bits);
    return std::isfinite(value) ? std::clamp(value, -1.0F, 1.0F) : 0.0F;
}

}  // namespace

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
    const auto width = static_cast<std::size_t>(bytes_per_sample(format_.sample));
    for (std::size_t at = 0; at < bytes.size(); at += width) {
        const auto value = sample_of(bytes.data() + at, format_.sample);
        frames_.push_back(value);
        if (format_.channels == 1) frames_.push_back(value);
    }
}

}  // namespace antiphon::live
