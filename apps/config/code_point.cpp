// UTF-8 as RFC 3629 has it.
#include "apps/config/code_point.hpp"

#include <array>

namespace antiphon::config {
namespace {

// How many bytes a character has by its first one; 0: none begins so.
std::size_t length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (first >= 0xE0 && first <= 0xEF) return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

bool is_character(char32_t code, std::size_t bytes) {
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    return code >= least[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const auto bytes = length_of(first);
    if (bytes == 1) return CodePoint{first, 1};
    if (bytes == 0 || bytes > text.size()) return std::nullopt;
    char32_t code = first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80) return std::nullopt;
        code = (code << 6U) | (next & 0x3FU);
    }
    return is_character(code, bytes) ? std::optional(CodePoint{code, bytes}) : std::nullopt;
}

}  // namespace antiphon::config
