// Header fields: names compare without case, order is kept.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace antiphon::http {

// ASCII only, as HTTP wants it.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    // The first value of that name, or nothing. Valid until the next change.
    const std::string* find(std::string_view name) const noexcept;
    // The same, or "" when there is none.
    std::string_view get(std::string_view name) const noexcept;
    std::size_t count(std::string_view name) const noexcept;

    void add(std::string name, std::string value);
    // Replaces every field of that name.
    void set(std::string name, std::string value);

    bool empty() const noexcept { return fields_.empty(); }
    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }

  private:
    std::vector<Field> fields_;
};

}  // namespace antiphon::http
