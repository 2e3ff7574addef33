// Reads UTF-8 one character at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace antiphon::config {

struct CodePoint {
    char32_t code = 0;
    std::size_t bytes = 1;
};

// The first character of a text that is not empty; nothing when its first byte begins none: overlong forms, surrogates
// and what is cut off are none.
std::optional<CodePoint> first_code_point(std::string_view text);

}  // namespace antiphon::config
