// What the files of A2DP's codecs have in common: fields of one bit a choice, vendors' elements, packets' headers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "media/codecs/a2dp_codec.hpp"
#include "media/rtp/octets.hpp"

namespace antiphon::media {

struct A2dpChoice {
    std::uint8_t bit;
    int value;
};

// Of a field with exactly one bit.
inline std::optional<int> value_of(std::uint8_t bit, std::span<const A2dpChoice> choices) {
    for (const auto& choice : choices)
        if (choice.bit == bit) return choice.value;
    return std::nullopt;
}

// The first of the choices that is offered; 0: none is.
inline std::uint8_t best_of(std::uint8_t offered, std::span<const A2dpChoice> choices) {
    for (const auto& choice : choices)
        if ((offered & choice.bit) != 0) return choice.bit;
    return 0;
}

inline std::string khz_text(int rate) {
    const auto tenths = rate % 1000 / 100;
    return std::to_string(rate / 1000) + (tenths > 0 ? "." + std::to_string(tenths) : "") + " kHz";
}

// Whose codec it is that the specification does not have (Bluetooth Assigned Numbers, 7.1): little endian, unlike RTP.
inline constexpr std::uint8_t vendor_codec = 0xFF;
using A2dpVendor = std::array<std::uint8_t, 6>;  // company, then codec

inline A2dpElements vendor_elements(const A2dpVendor& vendor, std::initializer_list<int> fields) {
    A2dpElements elements;
    for (const auto octet : vendor) elements.push_back(static_cast<std::byte>(octet));
    for (const int field : fields) elements.push_back(static_cast<std::byte>(field));
    return elements;
}

// Its fields, of which there are `count`; `corrupt` for what is none of this vendor's codec.
inline core::Result<std::array<std::uint8_t, 2>> vendor_fields(std::string_view codec, const A2dpVendor& vendor,
                                                               std::span<const std::byte> elements, std::size_t count) {
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(elements[i]); };
    const auto corrupt = [&](const std::string& why) {
        return core::Error{core::ErrorCode::corrupt, std::string(codec) + " elements " + why};
    };
    if (elements.size() != vendor.size() + count)
        return corrupt("have " + std::to_string(vendor.size() + count) + " bytes, not " +
                       std::to_string(elements.size()));
    for (std::size_t i = 0; i < vendor.size(); ++i)
        if (at(i) != vendor[i]) return corrupt("begin with the numbers of another codec");
    std::array<std::uint8_t, 2> fields{};
    for (std::size_t i = 0; i < count; ++i) fields[i] = at(vendor.size() + i);
    return fields;
}

inline constexpr std::size_t rtp_header_bytes = 12;

// RFC 3550, 5.1, with the dynamic type that all A2DP sources use. Real-time-safe.
inline void write_rtp(std::span<std::byte> packet, std::uint16_t number, core::FrameCount first) noexcept {
    rtp::Writer header(packet);
    header.u16(0x8060);
    header.u16(number);
    header.u32(static_cast<std::uint32_t>(first));
    header.u32(1);
}

}  // namespace antiphon::media
