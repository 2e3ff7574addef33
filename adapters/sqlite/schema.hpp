// The tables of the store and their version.
#pragma once

#include <filesystem>
#include <optional>

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/migration.hpp"
#include "ports/store.hpp"

namespace antiphon::sqlite {

// 2: the tables of schema 1; rows have fields that the programs of schema 1 did not know.
inline constexpr std::int64_t schema_version = 2;

struct Prepared {
    ports::Revision revision = 0;  // of the last committed transaction
    std::optional<Migrated> migrated;
};

// Makes the tables in an empty database, checks those of another, brings them to the present schema, and sets the
// connection to WAL and full sync. A database of a newer schema, or not ours, is left as it is.
core::Result<Prepared> prepare_schema(Database& database, const std::filesystem::path& path, const RowUpgrade& upgrade);

// Of a database that has tables; `corrupt` when they are not ours.
core::Result<std::int64_t> read_version(Database& database, const std::filesystem::path& path);
core::Result<ports::Revision> read_revision(Database& database, const std::filesystem::path& path);

}  // namespace antiphon::sqlite
