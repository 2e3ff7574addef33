// The tables of the store and their version.
#pragma once

#include <filesystem>

#include "adapters/sqlite/database.hpp"
#include "ports/store.hpp"

namespace antiphon::sqlite {

inline constexpr std::int64_t schema_version = 1;

// Makes the tables in an empty database, checks those of another, and sets the connection to WAL and full sync. Returns
// the revision of the last committed transaction. A database of a newer schema, or not ours, is left as it is.
core::Result<ports::Revision> prepare_schema(Database& database, const std::filesystem::path& path);

}  // namespace antiphon::sqlite
