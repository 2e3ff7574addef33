// libfreeaptx behind the descriptor. The elements are those that devices exchange; no specification of them is public.
#include "media/codecs/a2dp_aptx.hpp"

extern "C" {  // which its header does not say
#include <freeaptx.h>
}

#include <algorithm>
#include <array>
#include <memory>

#include "core/contract.hpp"
#include "media/codecs/a2dp_fields.hpp"
#include "media/codecs/quantise.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr A2dpVendor vendor{0x4F, 0, 0, 0, 0x01, 0};
constexpr std::array rates{A2dpChoice{0x10, 48'000}, A2dpChoice{0x20, 44'100}};
constexpr std::uint8_t stereo = 0x02;

constexpr std::size_t word_frames = 4, word_bytes = 4;  // a code word of each channel
constexpr std::size_t words_max = 480;                  // a packet's: 40 ms
constexpr int channels = 2, sample_bytes = 3;
constexpr core::FrameCount delay_frames = 90;  // of its filters, as libfreeaptx tells

A2dpElements capabilities() { return vendor_elements(vendor, {0x30 | stereo}); }

Result<A2dpElements> choose(std::span<const std::byte> device) {
    const auto fields = vendor_fields("aptX", vendor, device, 1);
    if (!fields) return fields.error();
    const auto offered = (*fields)[0];
    const auto rate = best_of(offered & 0xF0, rates);
    if (rate == 0 || (offered & stereo) == 0)
        return Error{ErrorCode::invalid, "the device has no stereo aptX at 44.1 or 48 kHz"};
    return vendor_elements(vendor, {rate | stereo});
}

Result<A2dpFormat> read(std::span<const std::byte> configuration) {
    const auto fields = vendor_fields("aptX", vendor, configuration, 1);
    if (!fields) return fields.error();
    const auto rate = value_of((*fields)[0] & 0xF0, rates);
    if (!rate || ((*fields)[0] & 0x0F) != stereo)
        return Error{ErrorCode::corrupt, "an aptX configuration has one rate, of 44.1 and 48 kHz, and is stereo"};
    constexpr int bits_per_frame = 8 * word_bytes / word_frames;
    return A2dpFormat{static_cast<core::SampleRate>(*rate), channels, *rate * bits_per_frame, delay_frames,
                      "aptX, " + khz_text(*rate)};
}

struct Free {
    void operator()(aptx_context* context) const { aptx_finish(context); }
};

class AptxEncoder final : public A2dpEncoder {
  public:
    explicit AptxEncoder(std::size_t words)
        : samples_(words * word_frames * channels * sample_bytes), packet_(words * word_bytes) {
        ANTIPHON_ASSERT(context_);
    }

    core::FrameCount packet_frames() const override {
        return static_cast<core::FrameCount>(packet_.size() / word_bytes * word_frames);
    }

    std::span<const std::byte> encode(std::span<const float> frames, core::FrameCount) override {
        ANTIPHON_ASSERT(frames.size() * sample_bytes == samples_.size());
        auto out = samples_.begin();
        for (const float x : frames) {
            const auto sample = static_cast<std::uint32_t>(quantised(x, 8 * sample_bytes));
            for (int shift = 0; shift < 8 * sample_bytes; shift += 8)
                *out++ = static_cast<std::uint8_t>(sample >> shift & 0xFF);
        }
        std::size_t written = 0;
        const auto taken =
            aptx_encode(context_.get(), samples_.data(), samples_.size(), packet_.data(), packet_.size(), &written);
        ANTIPHON_ASSERT(taken == samples_.size() && written == packet_.size());
        return std::as_bytes(std::span(packet_));
    }

  private:
    std::unique_ptr<aptx_context, Free> context_{aptx_init(0)};
    std::vector<std::uint8_t> samples_, packet_;
};

Result<std::unique_ptr<A2dpEncoder>> open(std::span<const std::byte> configuration, std::size_t mtu) {
    if (auto format = read(configuration); !format) return format.error();
    const auto words = std::min(mtu / word_bytes, words_max);
    if (words == 0)
        return Error{ErrorCode::invalid, "packets of " + std::to_string(mtu) + " bytes hold no code word of aptX"};
    return std::unique_ptr<A2dpEncoder>(std::make_unique<AptxEncoder>(words));
}

}  // namespace

const A2dpCodec a2dp_aptx{"aptx", vendor_codec, capabilities, choose, read, open};

}  // namespace antiphon::media
