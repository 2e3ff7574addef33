// The same TOML document in ASCII: toml++ 3.3.0 has undefined behaviour for many other characters, wherever it does not
// expect them. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace antiphon::config {

struct PlainLines {
    std::string text;  // each line where it was, without comments; strings as "..." with escapes
    // What the document may not have, and in which line. Then `text` is not to be used.
    std::optional<std::string> problem;
    std::size_t line = 0;  // from 1
};

// Strings over several lines are refused: nothing that we configure needs them.
PlainLines plain_lines(std::string_view document);

}  // namespace antiphon::config
