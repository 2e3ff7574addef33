// libldacBT behind the descriptor. It hands out a packet when that is full: after as many of its frames each time.
#include "media/codecs/a2dp_ldac.hpp"

#include <ldac/ldacBT.h>

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

constexpr A2dpVendor vendor{0x2D, 0x01, 0, 0, 0xAA, 0};
constexpr std::array rates{A2dpChoice{0x10, 48'000}, A2dpChoice{0x20, 44'100}};
constexpr std::array modes{A2dpChoice{0x01, LDACBT_CHANNEL_MODE_STEREO},
                           A2dpChoice{0x02, LDACBT_CHANNEL_MODE_DUAL_CHANNEL}};

constexpr int channels = 2;
constexpr int quality = LDACBT_EQMID_SQ;
constexpr std::size_t payload_header_bytes = 1, headers = rtp_header_bytes + payload_header_bytes;
constexpr std::size_t samples_a_call = std::size_t{LDACBT_ENC_LSU} * channels;
constexpr std::size_t payload_bytes_least = 679;  // what libldacBT asks for
constexpr std::size_t stream_bytes_max = 1024;    // that one call hands out
constexpr std::size_t calls_max = 15;             // a packet's, by its header's four bits
// Frames overlap by a half: what is whole with one is heard with the next. More is not public.
constexpr core::FrameCount delay_frames = LDACBT_ENC_LSU;

struct Chosen {
    int rate = 0, mode = 0;
};

A2dpElements capabilities() { return vendor_elements(vendor, {0x30, 0x03}); }

Result<A2dpElements> choose(std::span<const std::byte> device) {
    const auto fields = vendor_fields("LDAC", vendor, device, 2);
    if (!fields) return fields.error();
    const auto rate = best_of((*fields)[0], rates), mode = best_of((*fields)[1], modes);
    if (rate == 0 || mode == 0)
        return Error{ErrorCode::invalid, "the device has no LDAC of two channels at 44.1 or 48 kHz"};
    return vendor_elements(vendor, {rate, mode});
}

Result<Chosen> chosen_in(std::span<const std::byte> configuration) {
    const auto fields = vendor_fields("LDAC", vendor, configuration, 2);
    if (!fields) return fields.error();
    const auto rate = value_of((*fields)[0], rates), mode = value_of((*fields)[1], modes);
    if (!rate || !mode) return Error{ErrorCode::corrupt, "an LDAC configuration has one bit in each field"};
    return Chosen{*rate, *mode};
}

Result<A2dpFormat> read(std::span<const std::byte> configuration) {
    const auto chosen = chosen_in(configuration);
    if (!chosen) return chosen.error();
    const int kbit_per_s = chosen->rate == 48'000 ? 660 : 606;
    return A2dpFormat{static_cast<core::SampleRate>(chosen->rate), channels, kbit_per_s * 1000, delay_frames,
                      "LDAC, " + khz_text(chosen->rate) + " " +
                          (chosen->mode == LDACBT_CHANNEL_MODE_STEREO ? "stereo, " : "dual channel, ") +
                          std::to_string(kbit_per_s) + " kbit/s"};
}

struct Free {
    void operator()(_st_ldacbt_handle* handle) const { ldacBT_free_handle(handle); }
};
using Handle = std::unique_ptr<_st_ldacbt_handle, Free>;

Handle handle_of(const Chosen& chosen, std::size_t payload_max) {
    Handle handle(ldacBT_get_handle());
    const bool good = handle && ldacBT_init_handle_encode(handle.get(), static_cast<int>(payload_max), quality,
                                                          chosen.mode, LDACBT_SMPL_FMT_S32, chosen.rate) == 0;
    return good ? std::move(handle) : nullptr;
}

class LdacEncoder final : public A2dpEncoder {
  public:
    LdacEncoder(Handle handle, std::size_t calls)
        : handle_(std::move(handle)), calls_(calls), packet_(headers + stream_bytes_max) {}

    // One call's samples; how many bytes came out behind the headers, and how many of its frames they are.
    struct Out {
        int bytes = 0, frames = 0;
    };
    Out put(std::span<const float> samples) {
        std::ranges::transform(samples, samples_.begin(), [](float x) { return quantised(x, 32); });
        int taken = 0;
        Out out;
        auto* stream = reinterpret_cast<unsigned char*>(packet_.data() + headers);
        const int code = ldacBT_encode(handle_.get(), samples_.data(), &taken, stream, &out.bytes, &out.frames);
        ANTIPHON_ASSERT(code == 0 && taken == static_cast<int>(sizeof samples_));
        return out;
    }

    core::FrameCount packet_frames() const override { return LDACBT_ENC_LSU * static_cast<core::FrameCount>(calls_); }

    std::span<const std::byte> encode(std::span<const float> frames, core::FrameCount first) override {
        ANTIPHON_ASSERT(frames.size() == calls_ * samples_a_call);
        Out out;
        for (; !frames.empty(); frames = frames.subspan(samples_a_call)) {
            ANTIPHON_ASSERT(out.bytes == 0);  // or a packet came before its time
            out = put(frames.first(samples_a_call));
        }
        ANTIPHON_ASSERT(out.bytes > 0);
        write_rtp(packet_, number_++, first);
        packet_[rtp_header_bytes] = static_cast<std::byte>(out.frames);
        return std::span(packet_).first(headers + static_cast<std::size_t>(out.bytes));
    }

  private:
    const Handle handle_;
    const std::size_t calls_;
    std::array<std::int32_t, samples_a_call> samples_{};
    std::uint16_t number_ = 0;
    std::vector<std::byte> packet_;
};

Result<std::unique_ptr<A2dpEncoder>> open(std::span<const std::byte> configuration, std::size_t mtu) {
    const auto chosen = chosen_in(configuration);
    if (!chosen) return chosen.error();
    constexpr std::size_t least = headers + payload_bytes_least;
    if (mtu < least)
        return Error{ErrorCode::invalid, "packets of " + std::to_string(mtu) +
                                             " bytes are too small for LDAC; it takes " + std::to_string(least)};
    const auto payload_max = std::min(mtu - headers, stream_bytes_max);
    LdacEncoder trial(handle_of(*chosen, payload_max), 1);
    const std::vector<float> silence(samples_a_call);
    std::size_t calls = 1;
    while (trial.put(silence).bytes == 0 && calls < calls_max) ++calls;
    return std::unique_ptr<A2dpEncoder>(std::make_unique<LdacEncoder>(handle_of(*chosen, payload_max), calls));
}

}  // namespace

const A2dpCodec a2dp_ldac{"ldac", vendor_codec, capabilities, choose, read, open};

}  // namespace antiphon::media
