// Tagged<Tag, T>: a T that says what it is, so that a worker id is never taken for a session id.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace antiphon::core {

template <class Tag, class T>
struct Tagged {
    T value{};

    friend auto operator<=>(const Tagged&, const Tagged&) = default;
};

}  // namespace antiphon::core

template <class Tag, class T>
struct std::hash<antiphon::core::Tagged<Tag, T>> {
    std::size_t operator()(const antiphon::core::Tagged<Tag, T>& tagged) const noexcept {
        return std::hash<T>{}(tagged.value);
    }
};
