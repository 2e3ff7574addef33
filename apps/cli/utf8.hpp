// Text as a terminal shows it: how wide it is, cut to a width, and without what would command the terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace antiphon::cli {

// Columns on a terminal. Broken UTF-8 and control characters count as one each, as printable() shows them.
std::size_t width_of(std::string_view text) noexcept;

// The same with U+FFFD for control characters and broken UTF-8: what others named may not steer our terminal.
std::string printable(std::string_view text);

// At most `columns` wide, with an ellipsis where something was cut. For printable text.
std::string clipped(std::string_view text, std::size_t columns);

}  // namespace antiphon::cli
