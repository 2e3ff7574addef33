// Blocks are found by their own headers and ends: libFLAC (1.4) loses the one behind a damaged one, too.
#include "media/codecs/flac_salvage.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "media/codecs/flac_decoder.hpp"
#include "media/rtp/octets.hpp"

namespace antiphon::media {
namespace {

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

// RFC 9639, 9.1.8 and 9.3: no reflection, from 0. Over what ends with its own CRC it is 0.
template <class Value, Value polynomial>
class Crc {
  public:
    void add(std::byte byte) {
        const auto index = static_cast<std::uint8_t>(value_ >> (bits - 8)) ^ std::to_integer<std::uint8_t>(byte);
        value_ = static_cast<Value>(value_ << 8 ^ table[index]);
    }
    Value value() const { return value_; }
    static Value of(View bytes) {
        Crc crc;
        for (const auto byte : bytes) crc.add(byte);
        return crc.value();
    }

  private:
    static constexpr int bits = 8 * sizeof(Value);
    static constexpr auto table = [] {
        std::array<Value, 256> values{};
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto value = static_cast<std::uint32_t>(i) << (bits - 8);
            for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ ((value >> (bits - 1) & 1) != 0 ? polynomial : 0);
            values[i] = static_cast<Value>(value);
        }
        return values;
    }();
    Value value_ = 0;
};
using Crc8 = Crc<std::uint8_t, 0x07>;
using Crc16 = Crc<std::uint16_t, 0x8005>;

struct BlockHeader {
    std::uint64_t number = 0;
    core::FrameCount frames = 0;
    std::size_t bytes = 0;
};

// As UTF-8 codes characters (RFC 9639, 9.1.5); nothing for what is no number of blocks, which has six bytes at most.
std::optional<std::uint64_t> number_in(rtp::Reader& reader) {
    const std::uint32_t first = reader.u8();
    if (first < 0x80) return first;
    std::size_t more = 0;
    while (more < 6 && (first & (0x40U >> more)) != 0) ++more;
    if (more == 0 || more == 6) return std::nullopt;
    std::uint64_t number = first & (0x3FU >> more);
    for (; more > 0; --more) {
        const std::uint32_t next = reader.u8();
        if ((next & 0xC0U) != 0x80) return std::nullopt;
        number = number << 6 | (next & 0x3FU);
    }
    return number;
}

core::FrameCount frames_of(std::uint32_t code, rtp::Reader& reader) {
    if (code == 1) return 192;
    if (code >= 2 && code <= 5) return core::FrameCount{576} << (code - 2);
    if (code == 6) return core::FrameCount{reader.u8()} + 1;
    if (code == 7) return core::FrameCount{reader.u16()} + 1;
    return code >= 8 ? core::FrameCount{256} << (code - 8) : 0;
}

constexpr std::uint32_t bits_code(int bits) { return bits == 16 ? 4 : 6; }

// Nothing where none of this format begins.
std::optional<BlockHeader> header_at(View bytes, const FlacFormat& format) {
    rtp::Reader reader(bytes);
    if (reader.u16() != 0xFFF8) return std::nullopt;  // blocks of one size, but for the last
    const std::uint32_t sizes = reader.u8(), layout = reader.u8();
    const auto channel_code = layout >> 4;
    const auto channels = channel_code < 8 ? channel_code + 1 : channel_code <= 10 ? 2 : 0;
    if (channels != static_cast<std::uint32_t>(format.channels) || (layout & 15) != bits_code(format.bits) << 1)
        return std::nullopt;
    const auto number = number_in(reader);
    if (!number) return std::nullopt;
    BlockHeader header{.number = *number, .frames = frames_of(sizes >> 4, reader)};
    const auto rate_code = sizes & 15;
    if (rate_code >= 12) reader.take(rate_code == 12 ? 1 : 2);
    reader.u8();  // the CRC
    header.bytes = bytes.size() - reader.left().size();
    if (reader.failed() || header.frames == 0 || rate_code == 15 || Crc8::of(bytes.first(header.bytes)) != 0)
        return std::nullopt;
    return header;
}

Bytes stream_header(const FlacFormat& format) {
    Bytes header;
    bool open = true;
    const auto encoder = FlacEncoder::open(format, [&](View piece, std::uint32_t) {
        if (open) header.insert(header.end(), piece.begin(), piece.end());
        return open;
    });
    open = false;
    return encoder ? header : Bytes();
}

bool decodes(View header, View block, const FlacFormat& format, core::FrameCount frames) {
    FlacDecoder decoder;
    const bool fed = decoder.feed(header) && decoder.feed(block) && decoder.finish();
    return fed && decoder.lost() == 0 &&
           decoder.take().size() == static_cast<std::size_t>(frames) * static_cast<std::size_t>(format.channels);
}

// How long the block is that begins here; nothing when it is damaged.
std::optional<std::size_t> length_of(View bytes, const BlockHeader& header, View stream, const FlacFormat& format) {
    // Verbatim is the worst; a side channel has one bit more.
    const auto samples = static_cast<std::size_t>(header.frames) * static_cast<std::size_t>(format.channels);
    const auto most =
        std::min(bytes.size(), header.bytes + samples * static_cast<std::size_t>(format.bits + 1) / 8 + 64);
    Crc16 crc;
    for (std::size_t at = 0; at < most; ++at) {
        crc.add(bytes[at]);
        const auto length = at + 1;
        // 0 in one of 65,536 places by chance
        if (crc.value() == 0 && length > header.bytes + 2 &&
            decodes(stream, bytes.first(length), format, header.frames))
            return length;
    }
    return std::nullopt;
}

void put_number(Bytes& to, std::uint64_t number) {
    if (number < 0x80) return to.push_back(static_cast<std::byte>(number));
    unsigned more = 1;
    while (number >> (6 * more) >= (0x40U >> more)) ++more;
    to.push_back(static_cast<std::byte>((0xFF80U >> more & 0xFFU) | number >> (6 * more)));
    while (more-- > 0) to.push_back(static_cast<std::byte>(0x80U | (number >> (6 * more) & 0x3FU)));
}

// Its length is written out, its rate that of the stream; each channel is one constant.
void put_silence(Bytes& to, std::uint64_t number, core::FrameCount frames, const FlacFormat& format) {
    const auto begin = to.size();
    const auto put = [&to](std::uint32_t byte) { to.push_back(static_cast<std::byte>(byte)); };
    put(0xFF), put(0xF8), put(0x70);
    put(static_cast<std::uint32_t>(format.channels - 1) << 4 | bits_code(format.bits) << 1);
    put_number(to, number);
    put(static_cast<std::uint32_t>(frames - 1) >> 8 & 0xFF), put(static_cast<std::uint32_t>(frames - 1) & 0xFF);
    put(Crc8::of(View(to).subspan(begin)));
    to.resize(to.size() + static_cast<std::size_t>(format.channels * (1 + format.bits / 8)));
    const auto crc = Crc16::of(View(to).subspan(begin));
    put(crc >> 8), put(crc & 0xFF);
}

}  // namespace

FlacSalvage salvage_flac(View damaged, const FlacFormat& format, core::FrameCount frames_max) {
    const core::FrameCount block = flac_block_frames(format.rate);
    const auto stream = stream_header(format);
    FlacSalvage salvage;
    salvage.bytes = stream;
    bool last = stream.empty();
    for (std::size_t at = 0; at < damaged.size() && !last;) {
        const auto rest = damaged.subspan(at);
        const auto header = header_at(rest, format);
        const auto first = header ? static_cast<core::FrameCount>(header->number) * block : -1;
        const bool follows = first >= salvage.frames && header->frames <= block && first <= frames_max - header->frames;
        const auto length = follows ? length_of(rest, *header, stream, format) : std::nullopt;
        if (!length) {
            ++at;
            continue;
        }
        if (first > salvage.frames) salvage.lost.push_back({salvage.frames, first - salvage.frames});
        for (; salvage.frames < first; salvage.frames += block)
            put_silence(salvage.bytes, static_cast<std::uint64_t>(salvage.frames / block), block, format);
        salvage.bytes.insert(salvage.bytes.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(*length));
        salvage.frames += header->frames;
        last = header->frames < block;
        at += *length;
    }
    if (salvage.frames == 0) salvage.bytes.clear();
    return salvage;
}

}  // namespace antiphon::media
