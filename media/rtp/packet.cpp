// Bit by bit as RFC 3550 draws it.
#include "media/rtp/packet.hpp"

#include "media/rtp/octets.hpp"

namespace antiphon::rtp {
namespace {

constexpr std::uint8_t version_2 = 2 << 6, padding_bit = 1 << 5, extension_bit = 1 << 4, csrc_mask = 0xf;
constexpr std::uint8_t marker_bit = 1 << 7;
constexpr std::uint16_t one_byte_profile = 0xBEDE;  // RFC 8285, 4.2
constexpr std::uint8_t departure_id = 1, departure_octets = 8;
constexpr std::uint8_t departure_element = departure_id << 4 | (departure_octets - 1);

std::optional<std::int64_t> departure_of(std::uint16_t profile, std::span<const std::byte> elements) noexcept {
    Reader reader(elements);
    while (profile == one_byte_profile && !reader.left().empty()) {
        const auto element = reader.u8();
        if (element == 0) continue;     // padding between elements
        if (element >> 4 == 15) break;  // reserved: what follows is not ours
        const auto data = reader.take((element & 0xfU) + 1U);
        if (reader.failed()) break;
        if (element == departure_element) return static_cast<std::int64_t>(Reader(data).u64());
    }
    return std::nullopt;
}

// The first byte of RTCP's types 192..223 looks like a marker and a payload type of 64..95 (RFC 5761, 4).
bool is_control(std::uint8_t second) noexcept { return second >= 192 && second <= 223; }

}  // namespace

std::optional<Packet> parse(std::span<const std::byte> bytes, Refusal& refusal) noexcept {
    const auto refused = [&](Refusal why) { return refusal = why, std::optional<Packet>(); };
    refusal = Refusal::none;
    if (bytes.size() < header_bytes) return refused(Refusal::too_short);
    Reader reader(bytes);
    const auto first = reader.u8(), second = reader.u8();
    if ((first & 0xc0) != version_2) return refused(Refusal::version);
    if (is_control(second)) return refused(Refusal::control);
    Packet packet;
    packet.header.marker = (second & marker_bit) != 0;
    packet.header.payload_type = second & 0x7f;
    packet.header.sequence = reader.u16();
    packet.header.timestamp = reader.u32();
    packet.header.ssrc = reader.u32();
    reader.take(4U * (first & csrc_mask));
    if (reader.failed()) return refused(Refusal::csrc);
    if (first & extension_bit) {
        const auto profile = reader.u16(), words = reader.u16();
        const auto elements = reader.take(4U * words);
        if (reader.failed()) return refused(Refusal::extension);
        packet.header.departure_ns = departure_of(profile, elements);
    }
    packet.payload = reader.left();
    if (first & padding_bit) {
        const auto padding = packet.payload.empty() ? 0U : std::to_integer<unsigned>(packet.payload.back());
        if (padding == 0 || padding > packet.payload.size()) return refused(Refusal::padding);
        packet.payload = packet.payload.first(packet.payload.size() - padding);
    }
    return packet;
}

std::optional<Label> label_of(std::span<const std::byte> bytes) noexcept {
    Reader reader(bytes);
    const auto first = reader.u8();
    reader.u8();
    Label label;
    label.sequence = reader.u16();
    reader.u32();
    label.ssrc = reader.u32();
    if (reader.failed() || (first & 0xc0) != version_2) return std::nullopt;
    return label;
}

std::size_t write(const Header& header, std::span<const std::byte> payload, std::span<std::byte> out) noexcept {
    Writer writer(out);
    writer.u8(header.departure_ns ? version_2 | extension_bit : version_2);
    writer.u8(static_cast<std::uint8_t>((header.marker ? marker_bit : 0) | (header.payload_type & 0x7f)));
    writer.u16(header.sequence);
    writer.u32(header.timestamp);
    writer.u32(header.ssrc);
    if (header.departure_ns) {
        writer.u16(one_byte_profile);
        writer.u16(3);  // words: the element's byte, eight of data, three of padding
        writer.u8(departure_element);
        writer.u64(static_cast<std::uint64_t>(*header.departure_ns));
        writer.u8(0), writer.u8(0), writer.u8(0);
    }
    writer.put(payload);
    return writer.failed() ? 0 : writer.size();
}

}  // namespace antiphon::rtp
