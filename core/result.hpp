// Result<T>: a value, or an Error that names the thing, the value and the way out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/contract.hpp"

namespace antiphon::core {

// What a caller can do about an error. HTTP status codes and exit codes follow from it.
enum class ErrorCode {
    invalid,      // the request or the data is wrong; asking again the same way cannot help
    not_found,    // the named thing does not exist
    conflict,     // the state (or a version) does not allow it
    denied,       // not authenticated, or not permitted
    exhausted,    // a bound is reached: queue, disk, quota
    unavailable,  // the other side is not there or too slow; asking again later may help
    corrupt,      // stored or received data fails its check
    internal,     // a bug, or an operating system that refuses what it must not refuse
};

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string what;  // the thing, the value and the way out, in one sentence
    std::optional<std::uint64_t> current_version = std::nullopt;  // of what is there, where versions are in conflict

    // The same error seen from one step further out: "open worker.db: disk full".
    Error within(const std::string& context) const { return {code, context + ": " + what, current_version}; }
    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return content_.index() == 0; }
    bool ok() const noexcept { return content_.index() == 0; }

    // The value; asking a failed result for it is a bug.
    T& value() & { return require(), std::get<0>(content_); }
    const T& value() const& { return require(), std::get<0>(content_); }
    T&& value() && { return require(), std::get<0>(std::move(content_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const {
        ANTIPHON_ASSERT(!ok());
        return std::get<1>(content_);
    }

  private:
    void require() const { ANTIPHON_ASSERT(ok()); }

    std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return !error_; }
    bool ok() const noexcept { return !error_; }
    const Error& error() const {
        ANTIPHON_ASSERT(error_.has_value());
        return *error_;
    }

  private:
    std::optional<Error> error_;
};

}  // namespace antiphon::core
