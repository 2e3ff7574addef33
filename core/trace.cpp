// What a trace may look like.
#include "core/trace.hpp"

#include <algorithm>

namespace antiphon::core {
namespace {

constexpr std::size_t length_max = 64;

bool is_trace_character(char c) noexcept {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool is_trace(std::string_view text) noexcept {
    return !text.empty() && text.size() <= length_max && std::all_of(text.begin(), text.end(), is_trace_character);
}

}  // namespace antiphon::core
