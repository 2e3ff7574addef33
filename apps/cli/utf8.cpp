// A small UTF-8 decoder, and the widths of the characters that people write names with.
#include "apps/cli/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "apps/config/code_point.hpp"

namespace antiphon::cli {
namespace {

constexpr char32_t broken = 0xFFFD;
constexpr std::string_view broken_text = "\xEF\xBF\xBD";

config::CodePoint first_of(std::string_view text) {
    return config::first_code_point(text).value_or(config::CodePoint{broken, 1});
}

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t count>
bool is_in(const std::array<Range, count>& ranges, char32_t code) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& r) { return code >= r.first && code <= r.last; });
}

// Bidirectional controls too: they reorder what stands around them.
bool is_control(char32_t code) {
    constexpr std::array<Range, 5> controls{
        {{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};
    return is_in(controls, code);
}

std::size_t columns_of(char32_t code) {
    constexpr std::array<Range, 7> none{{{0x300, 0x36F},
                                         {0x483, 0x489},
                                         {0x591, 0x5BD},
                                         {0x200B, 0x200D},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F},
                                         {0xFE20, 0xFE2F}}};
    constexpr std::array<Range, 9> two{{{0x1100, 0x115F},
                                        {0x2E80, 0x303E},
                                        {0x3041, 0xA4CF},
                                        {0xAC00, 0xD7A3},
                                        {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE6F},
                                        {0xFF00, 0xFF60},
                                        {0x1F300, 0x1FAFF},
                                        {0x20000, 0x3FFFD}}};
    if (is_in(none, code)) return 0;
    return is_in(two, code) ? 2 : 1;
}

std::size_t columns_until(std::string_view text, std::size_t limit, std::size_t& columns) {
    std::size_t at = 0;
    columns = 0;
    while (at < text.size()) {
        const auto next = first_of(text.substr(at));
        const auto wide = is_control(next.code) ? 1 : columns_of(next.code);
        if (columns + wide > limit) break;
        columns += wide;
        at += next.bytes;
    }
    return at;
}

}  // namespace

std::size_t width_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    columns_until(text, SIZE_MAX, columns);
    return columns;
}

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto next = first_of(text);
        shown += is_control(next.code) || next.code == broken ? broken_text : text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
    }
    return shown;
}

std::string clipped(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string(text);
    if (columns == 0) return "";
    std::size_t used = 0;
    return std::string(text.substr(0, columns_until(text, columns - 1, used))) + "…";
}

}  // namespace antiphon::cli
