// Header fields: look-up without case.
#include "adapters/http/headers.hpp"

#include <algorithm>

namespace antiphon::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
    for (const auto& [field, value] : fields_)
        if (equal_ignoring_case(field, name)) return &value;
    return nullptr;
}

std::string_view Headers::get(std::string_view name) const noexcept {
    const auto* value = find(name);
    return value ? std::string_view(*value) : std::string_view();
}

std::size_t Headers::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        fields_.begin(), fields_.end(), [&](const Field& field) { return equal_ignoring_case(field.first, name); }));
}

void Headers::add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

void Headers::set(std::string name, std::string value) {
    std::erase_if(fields_, [&](const Field& field) { return equal_ignoring_case(field.first, name); });
    add(std::move(name), std::move(value));
}

}  // namespace antiphon::http
