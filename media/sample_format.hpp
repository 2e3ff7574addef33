// Sound as bytes, the way devices and programs have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace antiphon::media {

// Little-endian. 24 bits are packed in three bytes, or are the lower ones of four.
enum class SampleFormat : std::uint8_t { s16, s24, s24_in_32, s32, f32 };

constexpr int bytes_per_sample(SampleFormat format) {
    return format == SampleFormat::s16 ? 2 : format == SampleFormat::s24 ? 3 : 4;
}

// Reads samples.size() samples from `bytes`; full scale is -1..1. A float that is no number is silence, and one beyond
// full scale is cut. The same on every machine. Thread-safe, real-time-safe.
void decode_samples(SampleFormat format, const std::byte* bytes, std::span<float> samples) noexcept;

// Writes samples; what is beyond full scale is cut, what is no number is silence. To 16 bits with triangular dither of
// one step each way, so that what is too faint for a step is noise and not distortion (Lipshitz, Wannamaker,
// Vanderkooy: Quantization and Dither, JAES 40 (1992) 355); exact silence stays exact. Not thread-safe; real-time-safe.
class SampleEncoder {
  public:
    explicit SampleEncoder(SampleFormat format) : format_(format) {}

    // `bytes` has room for all of `samples`.
    void encode(std::span<const float> samples, std::byte* bytes) noexcept;

  private:
    double noise() noexcept;

    SampleFormat format_;
    std::uint32_t random_ = 1;
};

}  // namespace antiphon::media
