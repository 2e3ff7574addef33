// Text for people, JSON for machines; both escape what could end or forge a line.
#include "adapters/system/log_format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace antiphon::system::log {
namespace {

// One character of UTF-8, or one byte of something else.
struct Character {
    std::string_view bytes;
    std::uint32_t code = 0;  // U+FFFD when the bytes are no UTF-8
    bool valid = true;
};

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {text.substr(0, 1), lead};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    std::uint32_t code = lead & (0x7fU >> length);
    bool valid = lead >= 0xc2 && lead <= 0xf4 && text.size() >= length;
    for (std::size_t i = 1; valid && i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        valid = (byte & 0xc0) == 0x80;
        code = code << 6 | (byte & 0x3f);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    valid = valid && code >= smallest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (!valid) return {text.substr(0, 1), 0xfffd, false};
    return {text.substr(0, length), code};
}

// Ends a line, moves a cursor, or turns the direction of writing around.
bool is_dangerous(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

std::string hex(const char* format, std::uint32_t number) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
    return text.data();
}

void append_printable(std::string& out, std::string_view text, bool quoted) {
    while (!text.empty()) {
        const auto character = first_character(text);
        text.remove_prefix(character.bytes.size());
        if (!character.valid)
            out += hex("\\x%02x", static_cast<unsigned char>(character.bytes[0]));
        else if (character.code == '\n')
            out += "\\n";
        else if (is_dangerous(character.code))
            out += hex("\\u%04x", character.code);
        else if (quoted && (character.code == '"' || character.code == '\\'))
            out += '\\', out += character.bytes;
        else
            out += character.bytes;
    }
}

void append_json(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto character = first_character(text);
        text.remove_prefix(character.bytes.size());
        if (!character.valid || is_dangerous(character.code))
            out += hex("\\u%04x", character.code);
        else if (character.code == '"' || character.code == '\\')
            out += '\\', out += character.bytes;
        else
            out += character.bytes;
    }
    out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

// Quoted when a reader could not see where it ends.
void append_text_value(std::string& out, std::string_view text) {
    const bool quoted = text.empty() || text.find_first_of(" \t\n\"=") != std::string_view::npos;
    if (quoted) out += '"';
    append_printable(out, text, quoted);
    if (quoted) out += '"';
}

struct Appender {
    std::string& out;
    bool json;

    void operator()(std::string_view text) const { json ? append_json(out, text) : append_text_value(out, text); }
    void operator()(bool truth) const { out += truth ? "true" : "false"; }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(std::uint64_t number) const { append_number(out, number); }
    void operator()(double number) const {
        if (json && !std::isfinite(number))
            out += "null";
        else
            append_number(out, number);
    }
};

void append_json_member(std::string& out, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    out += ",\"";
    out += key;
    out += "\":";
    append_json(out, text);
}

const char* colour(Level level) {
    switch (level) {
        case Level::debug:
            return "\x1b[2m";
        case Level::info:
            return "\x1b[32m";
        case Level::warning:
            return "\x1b[33m";
        case Level::error:
            return "\x1b[1;31m";
    }
    return "";
}

}  // namespace

const char* name(Level level) noexcept {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "?";
}

std::string format_utc(core::WallTime time) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    auto second = time.ns / second_ns;
    auto rest_ns = time.ns % second_ns;
    if (rest_ns < 0) rest_ns += second_ns, --second;
    const std::time_t seconds = second;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(rest_ns / 1000));
    return text.data();
}

std::string format_text(const Entry& entry, Paper paper) {
    const bool terminal = paper == Paper::terminal;
    std::string out = format_utc(entry.time);
    if (terminal) out = out.substr(11, 12);
    out += ' ';
    if (terminal) out += colour(entry.level);
    out += name(entry.level);
    if (terminal) out += "\x1b[0m";
    out.append(8 - std::string_view{name(entry.level)}.size(), ' ');
    if (!entry.node.empty()) append_printable(out, entry.node, false), out += ' ';
    if (!entry.boot.empty() && !terminal) out += "boot=", append_text_value(out, entry.boot), out += ' ';
    append_printable(out, entry.event, false);
    if (!entry.text.empty()) out += ": ", append_printable(out, entry.text, false);
    if (!entry.actor.empty()) out += " actor=", append_text_value(out, entry.actor);
    if (!entry.trace.empty()) out += " trace=", append_text_value(out, entry.trace);
    for (const auto& field : entry.fields) {
        out += ' ';
        out += field.key;
        out += '=';
        std::visit(Appender{out, false}, field.value.content());
    }
    return out;
}

std::string format_json(const Entry& entry) {
    std::string out = "{\"time\":\"" + format_utc(entry.time) + "\",\"level\":\"" + name(entry.level) + '"';
    append_json_member(out, "boot", entry.boot);
    append_json_member(out, "node", entry.node);
    append_json_member(out, "actor", entry.actor);
    append_json_member(out, "trace", entry.trace);
    append_json_member(out, "event", entry.event);
    append_json_member(out, "text", entry.text);
    if (entry.fields.size() > 0) out += ",\"fields\":{";
    for (const auto& field : entry.fields) {
        if (&field != entry.fields.begin()) out += ',';
        append_json(out, field.key);
        out += ':';
        std::visit(Appender{out, true}, field.value.content());
    }
    if (entry.fields.size() > 0) out += '}';
    return out + '}';
}

}  // namespace antiphon::system::log
