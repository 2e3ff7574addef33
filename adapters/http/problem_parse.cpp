// What an error answer says: the "detail" of its problem+json, found without trusting the sender.
#include <charconv>

#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

constexpr std::size_t shown_max = 200;
constexpr std::size_t detail_max = 4096;

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
        out += static_cast<char>(0xE0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    }
}

// One escape, `text` after its backslash; returns how much it took, 0 when it is broken. Surrogates become '?'.
std::size_t append_escape(std::string& out, std::string_view text) {
    if (text.empty()) return 0;
    constexpr std::string_view plain = "\"\\/";
    if (plain.find(text[0]) != std::string_view::npos) return out += text[0], 1;
    if (text[0] != 'u') return out += ' ', 1;  // \n, \t and the like: one line for people
    unsigned code = 0;
    if (text.size() < 5 || std::from_chars(&text[1], &text[1] + 4, code, 16).ptr != &text[1] + 4) return 0;
    if (code < 0x20) code = ' ';
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? '?' : code);
    return 5;
}

// The text of a JSON string, `json` after its opening quote; as far as it is sound.
std::string string_value(std::string_view json) {
    std::string out;
    for (std::size_t i = 0; i < json.size() && json[i] != '"' && out.size() < detail_max; ++i) {
        if (json[i] != '\\') {
            out += json[i];
            continue;
        }
        const auto taken = append_escape(out, json.substr(i + 1));
        if (taken == 0) break;
        i += taken;
    }
    return out;
}

// A quote inside of a JSON string is escaped, so the quoted name can only be a member's.
std::string detail_of(std::string_view json) {
    constexpr std::string_view name = "\"detail\"";
    const auto at = json.find(name);
    if (at == std::string_view::npos) return "";
    json.remove_prefix(at + name.size());
    const auto quote = json.find_first_not_of(" \t\r\n:");
    if (quote == std::string_view::npos || json[quote] != '"') return "";
    return string_value(json.substr(quote + 1));
}

}  // namespace

core::Error error_of(const Response& response) {
    auto detail = response.content_type.starts_with("application/problem+json") ? detail_of(response.body) : "";
    if (detail.empty())
        detail = "the server answered " + std::to_string(response.status) + ": " + response.body.substr(0, shown_max);
    return {error_code_of(response.status), std::move(detail)};
}

}  // namespace antiphon::http
