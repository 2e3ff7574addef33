// Numbers that people write.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace antiphon::core {

// The whole text as a number in its simplest form; nothing when anything else stands there, or it does not fit. A
// double may be "nan" or "inf". Pure.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc{} && stopped == end ? std::optional(number) : std::nullopt;
}

}  // namespace antiphon::core
