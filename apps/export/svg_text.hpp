// Text for pictures: numbers as printf has them, and what people wrote, which is no markup.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace antiphon::exporting {

inline std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else if (static_cast<unsigned char>(c) >= ' ')  // XML has no others
            out += c;
    }
    return out;
}

// At most 255 characters.
template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

}  // namespace antiphon::exporting
