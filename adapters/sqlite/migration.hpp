// From an older schema to the present one: a backup beside the database, then one transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/sqlite/database.hpp"
#include "ports/store.hpp"

namespace antiphon::sqlite {

// The value of a row as the present schema has it, from that of any older one; `invalid` when it is none of ours.
using RowUpgrade = std::function<core::Result<std::string>(std::string_view key, std::string_view value)>;

// For stores whose rows have one form only.
core::Result<std::string> rows_as_they_are(std::string_view key, std::string_view value);

struct Migrated {
    std::int64_t from = 0;         // schema
    std::filesystem::path backup;  // what it was before
};

// "antiphon.db.schema-1.backup" beside the database.
std::filesystem::path backup_beside(const std::filesystem::path& path, std::int64_t schema);

// `database`, the file at `path`, is of schema `from`, which is older than `to`, and its last transaction is
// `revision`. Either all of it is of schema `to` afterwards, or nothing has changed; the error then says that too. A
// backup of the same schema and revision that is whole is kept; one of another revision keeps its name, and ours tells
// its revision.
core::Result<Migrated> migrate(Database& database, const std::filesystem::path& path, std::int64_t from,
                               std::int64_t to, ports::Revision revision, const RowUpgrade& upgrade);

}  // namespace antiphon::sqlite
