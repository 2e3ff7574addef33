// Drawing over what is there line by line: clearing the whole screen first would flicker.
#include "apps/cli/screen.hpp"

#include <ostream>
#include <vector>

namespace antiphon::cli {
namespace {

constexpr const char* enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";  // other screen, no cursor, no wrapping, clear
constexpr const char* leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr const char* home = "\x1b[H";
constexpr const char* rest_of_line = "\x1b[0m\x1b[K";
constexpr const char* rest_of_screen = "\x1b[J";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

std::string frame_of(std::string_view text, const TerminalSize& size) {
    auto lines = lines_of(text);
    if (size.rows > 0 && lines.size() > size.rows) {
        const auto hidden = lines.size() - size.rows + 1;
        lines.resize(size.rows);
        lines.back() = "(" + std::to_string(hidden) + " more lines)";
    }
    std::string frame = home;
    for (std::size_t i = 0; i < lines.size(); ++i) frame += (i > 0 ? "\r\n" : "") + lines[i] + rest_of_line;
    return frame + rest_of_screen;
}

Screen::Screen(std::ostream& out) : out_(out) { out_ << enter << std::flush; }

Screen::~Screen() { out_ << leave << std::flush; }

void Screen::draw(std::string_view text, const TerminalSize& size) { out_ << frame_of(text, size) << std::flush; }

}  // namespace antiphon::cli
