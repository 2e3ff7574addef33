// A scanner that knows TOML's quotes and comments, and nothing else of it.
#include "apps/config/plain_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "apps/config/code_point.hpp"

namespace antiphon::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

std::string escaped(char32_t code) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "\\U%08X", static_cast<unsigned>(code));
    return text.data();
}

// One line on its way.
class Line {
  public:
    Line(std::string_view line, std::string& to) : rest_(line), to_(to) {}

    // What is wrong with it, or null.
    const char* copy() {
        while (!rest_.empty() && rest_.front() != '#') {
            const char* problem = is_quote(rest_.front()) ? copy_string() : copy_bare();
            if (problem) return problem;
        }
        to_ += '\n';
        return nullptr;
    }

  private:
    const char* copy_bare() {
        if (is_control(rest_.front())) return "there is a control character; remove it";
        if (!is_ascii(rest_.front())) return "there is a character outside of quotes that only quotes may hold";
        take(1);
        return nullptr;
    }

    const char* copy_string() {
        if (rest_.starts_with("\"\"\"") || rest_.starts_with("'''"))
            return "a string over several lines is not understood here; write it in one line";
        const char quote = rest_.front();
        replace(1, "\"");
        while (!rest_.empty() && rest_.front() != quote)
            if (const auto* problem = copy_character(quote == '"')) return problem;
        if (rest_.empty()) return "a string has no closing quote";
        replace(1, "\"");
        return nullptr;
    }

    // `escapes`: a backslash and what follows it belong together, and mean something already.
    const char* copy_character(bool escapes) {
        if (is_control(rest_.front())) return "there is a control character; remove it";
        if (!is_ascii(rest_.front())) return copy_code_point();
        if (rest_.front() == '\\' && escapes) return copy_escape();
        if (rest_.front() == '\\' || rest_.front() == '"') to_ += '\\';
        take(1);
        return nullptr;
    }
    const char* copy_code_point() {
        const auto point = first_code_point(rest_);
        if (!point) return "it is no UTF-8";
        replace(point->bytes, escaped(point->code));
        return nullptr;
    }
    const char* copy_escape() {
        if (rest_.size() < 2) return "a string has no closing quote";
        if (!is_ascii(rest_[1]) || is_control(rest_[1])) return "a backslash stands before what needs none";
        take(2);
        return nullptr;
    }

    void take(std::size_t bytes) { replace(bytes, rest_.substr(0, bytes)); }
    void replace(std::size_t bytes, std::string_view by) {
        to_ += by;
        rest_.remove_prefix(bytes);
    }

    std::string_view rest_;
    std::string& to_;
};

std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

PlainLines plain_lines(std::string_view document) {
    PlainLines lines;
    if (document.starts_with(byte_order_mark)) document.remove_prefix(byte_order_mark.size());
    while (!document.empty()) {
        ++lines.line;
        const auto length = std::min(document.find('\n'), document.size());
        if (const auto* problem = Line(without_return(document.substr(0, length)), lines.text).copy()) {
            lines.problem = problem;
            return lines;
        }
        document.remove_prefix(std::min(length + 1, document.size()));
    }
    return lines;
}

}  // namespace antiphon::config
