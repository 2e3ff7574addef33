// The checksum of stored rows: SQLite has none, and a row that rotted must never be obeyed.
#pragma once

#include <cstdint>
#include <string_view>

namespace antiphon::sqlite {

// The first 64 bits of a SHA-256 over key, revision and value, each delimited: a row that was swapped with another, or
// is an older version of itself, does not pass. Thread-safe.
std::int64_t row_checksum(std::string_view key, std::uint64_t revision, std::string_view value);

}  // namespace antiphon::sqlite
