// Byte by byte, so that the machine's own order does not matter.
#include "media/sample_format.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace antiphon::media {
namespace {

std::uint32_t little_endian(const std::byte* bytes, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
    return value;
}

void put(std::uint32_t value, int count, std::byte* bytes) {
    for (int i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
}

constexpr int bits_of(SampleFormat format) {
    return format == SampleFormat::s16 ? 16 : format == SampleFormat::s32 ? 32 : 24;
}

float sample_of(SampleFormat format, const std::byte* bytes) {
    const auto raw = little_endian(bytes, bytes_per_sample(format));
    if (format != SampleFormat::f32) {
        const auto at_the_top = static_cast<std::int32_t>(raw << (32 - bits_of(format)));  // so that the sign is
        return static_cast<float>(at_the_top) / 2147483648.0F;
    }
    const auto value = std::bit_cast<float>(raw);
    return std::isfinite(value) ? std::clamp(value, -1.0F, 1.0F) : 0.0F;
}

}  // namespace

void decode_samples(SampleFormat format, const std::byte* bytes, std::span<float> samples) noexcept {
    for (auto& sample : samples) {
        sample = sample_of(format, bytes);
        bytes += bytes_per_sample(format);
    }
}

// Evenly distributed over one step (a linear congruential generator; its upper bits).
double SampleEncoder::noise() noexcept {
    random_ = random_ * 1'664'525 + 1'013'904'223;
    return static_cast<double>(random_) / 4294967296.0 - 0.5;
}

void SampleEncoder::encode(std::span<const float> samples, std::byte* bytes) noexcept {
    const int width = bytes_per_sample(format_);
    const double steps = std::ldexp(1.0, bits_of(format_) - 1);
    for (const float asked : samples) {
        const float sample = std::isfinite(asked) ? asked : 0.0F;
        if (format_ == SampleFormat::f32) {
            put(std::bit_cast<std::uint32_t>(std::clamp(sample, -1.0F, 1.0F)), width, bytes);
        } else {
            const bool dithered = format_ == SampleFormat::s16 && sample != 0;
            const double wanted = static_cast<double>(sample) * steps + (dithered ? noise() + noise() : 0);
            const auto value = std::llrint(std::clamp(wanted, -steps, steps - 1));
            put(static_cast<std::uint32_t>(value), width, bytes);
        }
        bytes += width;
    }
}

}  // namespace antiphon::media
