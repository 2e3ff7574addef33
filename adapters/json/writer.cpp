// Text of numbers and strings; repairs what is not UTF-8.
#include "adapters/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace antiphon::json {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// Length of the UTF-8 sequence at the start of `text` (not empty); 0 when there is none. No overlong forms, no
// surrogates, nothing above U+10FFFF.
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = at(0);
    const unsigned second = at(1);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    if (first >= 0xc2 && first <= 0xdf) length = 2;
    if (first >= 0xe0 && first <= 0xef) length = 3;
    if (first >= 0xf0 && first <= 0xf4) length = 4;
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    if (first == 0xf0 && second < 0x90) return 0;
    if (first == 0xf4 && second > 0x8f) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(static_cast<unsigned char>(at(i)))) return 0;
    return length;
}

void append_control(std::string& out, unsigned char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    out += "\\u00";
    out += digits[c >> 4];
    out += digits[c & 15];
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        const auto length = sequence_length(text);
        if (length == 0) {
            out += replacement;
        } else if (c == '"' || c == '\\') {
            (out += '\\') += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            append_control(out, static_cast<unsigned char>(c));
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

template <class T>
void append_number(std::string& out, T value) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace

// What was written last tells whether a comma is due: no value ends in one of these three.
void Writer::separate() {
    if (text_.empty()) return;
    const char last = text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
}

void Writer::begin_object() {
    separate();
    text_ += '{';
}

void Writer::begin_array() {
    separate();
    text_ += '[';
}

void Writer::key(std::string_view name) {
    separate();
    append_string(text_, name);
    text_ += ':';
}

void Writer::null() { raw("null"); }

void Writer::boolean(bool value) { raw(value ? "true" : "false"); }

void Writer::signed_integer(std::int64_t value) {
    separate();
    append_number(text_, value);
}

void Writer::unsigned_integer(std::uint64_t value) {
    separate();
    append_number(text_, value);
}

void Writer::number(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    append_number(text_, value);
    if (value == 0 && std::signbit(value)) text_ += ".0";  // "-0" would read back as the integer 0
}

void Writer::string(std::string_view value) {
    separate();
    append_string(text_, value);
}

void Writer::raw(std::string_view json) {
    separate();
    text_ += json;
}

}  // namespace antiphon::json
