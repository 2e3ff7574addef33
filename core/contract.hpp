// Assertions for bugs, kept in release. Data from outside is never asserted: it gets a Result.
#pragma once

namespace antiphon::core {

// Prints the broken condition and its place, then aborts. Thread-safe; not for real-time paths that may fail.
[[noreturn]] void contract_broken(const char* condition, const char* file, int line) noexcept;

}  // namespace antiphon::core

#define ANTIPHON_ASSERT(condition)                       \
    (static_cast<bool>(condition) ? static_cast<void>(0) \
                                  : ::antiphon::core::contract_broken(#condition, __FILE__, __LINE__))
