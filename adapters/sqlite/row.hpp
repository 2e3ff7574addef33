// Rows as they stand in the table: read with their checksum, and named in messages.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/sqlite/database.hpp"
#include "ports/store.hpp"

namespace antiphon::sqlite {

// As much of a key as a message can show; keys may hold any byte.
std::string named(std::string_view key);

// The row that a statement stands on, which selects key, value, revision and checksum. `corrupt` names the key of a
// damaged one.
core::Result<ports::StoredRow> checked_row(const Statement& statement, const std::filesystem::path& path);

// Binds key, value, revision and checksum as parameters 1 to 4.
void bind_row(Statement& statement, std::string_view key, std::string_view value, ports::Revision revision);

// Reads all rows, in order of key, until `take` returns an error; `corrupt` names the first damaged one.
using TakeRow = std::function<core::Result<void>(const ports::StoredRow&)>;
core::Result<void> each_row(Database& database, const std::filesystem::path& path, const TakeRow& take);

// The same, only to check them.
core::Result<void> check_rows(Database& database, const std::filesystem::path& path);

}  // namespace antiphon::sqlite
