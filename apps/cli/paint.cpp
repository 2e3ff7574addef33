// SGR sequences of ECMA-48, those that every terminal knows.
#include "apps/cli/paint.hpp"

namespace antiphon::cli {
namespace {

std::string_view sequence_of(Colour colour) {
    switch (colour) {
        case Colour::plain:
            return "";
        case Colour::bold:
            return "\x1b[1m";
        case Colour::dim:
            return "\x1b[2m";
        case Colour::red:
            return "\x1b[31m";
        case Colour::green:
            return "\x1b[32m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::blue:
            return "\x1b[34m";
        case Colour::magenta:
            return "\x1b[35m";
        case Colour::cyan:
            return "\x1b[36m";
    }
    return "";
}

}  // namespace

std::string Look::paint(Colour colour, std::string_view text) const {
    if (!colours || colour == Colour::plain || text.empty()) return std::string(text);
    return std::string(sequence_of(colour)).append(text).append("\x1b[0m");
}

}  // namespace antiphon::cli
