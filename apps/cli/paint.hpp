// Colours on a terminal, or none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace antiphon::cli {

enum class Colour : std::uint8_t { plain, bold, dim, red, green, yellow, blue, magenta, cyan };

// How things are to look: the same text with colours or without.
struct Look {
    bool colours = false;
    std::size_t columns = 0;  // of the terminal; 0: as wide as it likes

    std::string paint(Colour colour, std::string_view text) const;
};

}  // namespace antiphon::cli
