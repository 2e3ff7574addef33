// libsbc behind the descriptor; the elements' four bytes are read and written here.
#include "media/codecs/a2dp_sbc.hpp"

#include <sbc/sbc.h>

#include <algorithm>
#include <array>
#include <bit>

#include "core/contract.hpp"
#include "media/codecs/a2dp_fields.hpp"
#include "media/codecs/quantise.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// Bits of the elements (A2DP 1.3.2, 4.3.2).
enum Mode : int { joint_stereo, stereo, dual_channel, mono };
constexpr std::array rates{A2dpChoice{0x10, 48'000}, A2dpChoice{0x20, 44'100}, A2dpChoice{0x40, 32'000},
                           A2dpChoice{0x80, 16'000}};
constexpr std::array modes{A2dpChoice{0x01, joint_stereo}, A2dpChoice{0x02, stereo}, A2dpChoice{0x04, dual_channel},
                           A2dpChoice{0x08, mono}};
constexpr std::array block_counts{A2dpChoice{0x10, 16}, A2dpChoice{0x20, 12}, A2dpChoice{0x40, 8}, A2dpChoice{0x80, 4}};
constexpr std::array subband_counts{A2dpChoice{0x04, 8}, A2dpChoice{0x08, 4}};
constexpr std::array allocations{A2dpChoice{0x01, SBC_AM_LOUDNESS}, A2dpChoice{0x02, SBC_AM_SNR}};
constexpr std::array mode_names{"joint stereo", "stereo", "dual channel", "mono"};

constexpr std::size_t elements_bytes = 4;
constexpr int bitpool_min = 2, bitpool_max = 250;
constexpr int high_bits_per_s = 552'000;
constexpr std::size_t payload_header_bytes = 1;
constexpr std::size_t codec_frames_max = 15;  // the payload header has four bits for them

struct Elements {
    std::uint8_t rate = 0, mode = 0, blocks = 0, subbands = 0, allocation = 0;  // bits
    int lowest = 0, highest = 0;                                                // bitpools
};

Result<Elements> parse(std::span<const std::byte> bytes) {
    if (bytes.size() != elements_bytes)
        return Error{ErrorCode::corrupt, "SBC elements have 4 bytes, not " + std::to_string(bytes.size())};
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
    const auto field = [&](std::size_t i, int mask) { return static_cast<std::uint8_t>(at(i) & mask); };
    Elements elements{field(0, 0xF0), field(0, 0x0F), field(1, 0xF0), field(1, 0x0C), field(1, 0x03), at(2), at(3)};
    if (elements.lowest < bitpool_min || elements.highest > bitpool_max || elements.lowest > elements.highest)
        return Error{ErrorCode::corrupt, "SBC bitpools from " + std::to_string(elements.lowest) + " to " +
                                             std::to_string(elements.highest) + " do not exist; 2 to 250 do"};
    return elements;
}

A2dpElements written(const Elements& elements) {
    const auto byte = [](int value) { return static_cast<std::byte>(value); };
    return {byte(elements.rate | elements.mode), byte(elements.blocks | elements.subbands | elements.allocation),
            byte(elements.lowest), byte(elements.highest)};
}

// A configuration: one of each.
struct Chosen {
    int rate = 0, mode = 0, blocks = 0, subbands = 0, bitpool = 0;

    int channels() const { return mode == mono ? 1 : 2; }
    core::FrameCount frames() const { return core::FrameCount{blocks} * subbands; }
    // A2DP 1.3.2, 12.9.
    std::size_t bytes() const {
        const int scale_factors = 4 * subbands * channels() / 8;
        const int pools = mode == dual_channel ? 2 : 1;
        const int bits = blocks * pools * bitpool + (mode == joint_stereo ? subbands : 0);
        return static_cast<std::size_t>(4 + scale_factors + (bits + 7) / 8);
    }
    // Its two filter banks have 10 taps a subband, which cancel but for one block (A2DP 1.3.2, 12.4 and 12.6).
    core::FrameCount delay_frames() const { return core::FrameCount{9} * subbands + 1; }
    int bits_per_s() const {
        return static_cast<int>(8 * bytes() * static_cast<std::size_t>(rate)) / static_cast<int>(frames());
    }
};

Result<Chosen> chosen_by(const Elements& elements) {
    const auto rate = value_of(elements.rate, rates), mode = value_of(elements.mode, modes),
               blocks = value_of(elements.blocks, block_counts), subbands = value_of(elements.subbands, subband_counts);
    if (!rate || !mode || !blocks || !subbands || !value_of(elements.allocation, allocations))
        return Error{ErrorCode::corrupt, "an SBC configuration has one bit in each field"};
    const Chosen chosen{*rate, *mode, *blocks, *subbands, elements.highest};
    // Each band of each channel takes 16 bits at most (A2DP 1.3.2, 12.5.2).
    const int most = 16 * chosen.subbands * (chosen.mode == joint_stereo || chosen.mode == stereo ? 2 : 1);
    if (chosen.bitpool > most)
        return Error{ErrorCode::corrupt, "an SBC bitpool of " + std::to_string(chosen.bitpool) + " is more than the " +
                                             std::to_string(most) + " that its bands can take"};
    return chosen;
}

int recommended_bitpool(const Chosen& chosen) {
    const bool slow = chosen.rate <= 44'100;
    if (chosen.mode == mono || chosen.mode == dual_channel) return slow ? 31 : 29;
    return slow ? 53 : 51;
}

int bitpool_below(Chosen chosen, int bits_per_s) {
    chosen.bitpool = 16 * chosen.subbands;
    while (chosen.bitpool > bitpool_min && chosen.bits_per_s() > bits_per_s) --chosen.bitpool;
    return chosen.bitpool;
}

A2dpElements capabilities() { return written({0x30, 0x0F, 0xF0, 0x0C, 0x03, bitpool_min, bitpool_max}); }

// `high`: more of the air than is recommended, where the device has two channels of their own.
Result<A2dpElements> choose_by(std::span<const std::byte> device, bool high) {
    const auto offered = parse(device);
    if (!offered) return offered.error();
    const auto ours = *parse(capabilities());
    Elements best{best_of(offered->rate & ours.rate, rates),
                  best_of(offered->mode, modes),
                  best_of(offered->blocks, block_counts),
                  best_of(offered->subbands, subband_counts),
                  best_of(offered->allocation, allocations),
                  offered->lowest,
                  offered->lowest};
    constexpr std::uint8_t dual = modes[dual_channel].bit;
    high = high && (offered->mode & dual) != 0;
    if (high) best.mode = dual;
    const auto chosen = chosen_by(best);
    if (!chosen)
        return Error{ErrorCode::invalid,
                     "the device has no SBC at 44.1 or 48 kHz in common with us; its elements leave a field empty"};
    const int wanted = high ? bitpool_below(*chosen, high_bits_per_s) : recommended_bitpool(*chosen);
    best.highest = std::clamp(wanted, offered->lowest, offered->highest);
    if (auto fit = chosen_by(best); !fit) return fit.error();
    return written(best);
}

Result<A2dpElements> choose(std::span<const std::byte> device) { return choose_by(device, false); }
Result<A2dpElements> choose_high(std::span<const std::byte> device) { return choose_by(device, true); }

Result<Chosen> chosen_in(std::span<const std::byte> configuration) {
    const auto elements = parse(configuration);
    if (!elements) return elements.error();
    return chosen_by(*elements);
}

std::string text_of(const Chosen& chosen) {
    return "SBC, " + khz_text(chosen.rate) + " " + mode_names[static_cast<std::size_t>(chosen.mode)] + ", bitpool " +
           std::to_string(chosen.bitpool);
}

Result<A2dpFormat> read(std::span<const std::byte> configuration) {
    const auto chosen = chosen_in(configuration);
    if (!chosen) return chosen.error();
    return A2dpFormat{static_cast<core::SampleRate>(chosen->rate), chosen->channels(), chosen->bits_per_s(),
                      chosen->delay_frames(), text_of(*chosen)};
}

class SbcEncoder final : public A2dpEncoder {
  public:
    SbcEncoder(const Chosen& chosen, std::span<const std::byte> configuration, std::size_t codec_frames)
        : chosen_(chosen),
          codec_frames_(codec_frames),
          samples_(static_cast<std::size_t>(chosen.frames() * chosen.channels())),
          packet_(rtp_header_bytes + payload_header_bytes + codec_frames * chosen.bytes()) {
        const int code = sbc_init_a2dp(&sbc_, 0, configuration.data(), configuration.size());
        sbc_.bitpool = static_cast<std::uint8_t>(chosen.bitpool);  // libsbc leaves this one to its user
        ANTIPHON_ASSERT(code == 0 && sbc_get_frame_length(&sbc_) == chosen_.bytes());  // it was checked before
        sbc_.endian = std::endian::native == std::endian::little ? SBC_LE : SBC_BE;
    }
    ~SbcEncoder() override { sbc_finish(&sbc_); }
    SbcEncoder(const SbcEncoder&) = delete;
    SbcEncoder& operator=(const SbcEncoder&) = delete;

    core::FrameCount packet_frames() const override {
        return chosen_.frames() * static_cast<core::FrameCount>(codec_frames_);
    }

    std::span<const std::byte> encode(std::span<const float> frames, core::FrameCount first) override {
        ANTIPHON_ASSERT(frames.size() == codec_frames_ * samples_.size());
        write_headers(first);
        auto out = std::span(packet_).subspan(rtp_header_bytes + payload_header_bytes);
        for (; !frames.empty(); frames = frames.subspan(samples_.size())) {
            std::ranges::transform(frames.first(samples_.size()), samples_.begin(),
                                   [](float x) { return static_cast<std::int16_t>(quantised(x, 16)); });
            ssize_t bytes = 0;
            const auto taken = sbc_encode(&sbc_, samples_.data(), samples_.size() * sizeof(std::int16_t), out.data(),
                                          out.size(), &bytes);
            ANTIPHON_ASSERT(taken > 0 && bytes == static_cast<ssize_t>(chosen_.bytes()));
            out = out.subspan(chosen_.bytes());
        }
        return packet_;
    }

  private:
    // How many frames of the codec follow, whole.
    void write_headers(core::FrameCount first) {
        write_rtp(packet_, number_++, first);
        packet_[rtp_header_bytes] = static_cast<std::byte>(codec_frames_);
    }

    const Chosen chosen_;
    const std::size_t codec_frames_;
    sbc_t sbc_{};
    std::uint16_t number_ = 0;
    std::vector<std::int16_t> samples_;
    std::vector<std::byte> packet_;
};

Result<std::unique_ptr<A2dpEncoder>> open(std::span<const std::byte> configuration, std::size_t mtu) {
    const auto chosen = chosen_in(configuration);
    if (!chosen) return chosen.error();
    constexpr std::size_t headers = rtp_header_bytes + payload_header_bytes;
    const auto fit = mtu < headers ? 0 : std::min((mtu - headers) / chosen->bytes(), codec_frames_max);
    if (fit == 0)
        return Error{ErrorCode::invalid, "packets of " + std::to_string(mtu) + " bytes hold no SBC frame of " +
                                             std::to_string(chosen->bytes())};
    return std::unique_ptr<A2dpEncoder>(std::make_unique<SbcEncoder>(*chosen, configuration, fit));
}

}  // namespace

const A2dpCodec a2dp_sbc{"sbc", 0x00, capabilities, choose, read, open};
const A2dpCodec a2dp_sbc_xq{"sbc-xq", 0x00, capabilities, choose_high, read, open};

}  // namespace antiphon::media
