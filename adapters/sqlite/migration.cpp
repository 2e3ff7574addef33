// The backup is whole before the first row changes; the version is the last thing that does.
#include "adapters/sqlite/migration.hpp"

#include <vector>

#include "adapters/sqlite/copy.hpp"
#include "adapters/sqlite/row.hpp"
#include "adapters/sqlite/schema.hpp"

namespace antiphon::sqlite {
namespace {

using core::Error;
using ports::StoredRow;

constexpr std::size_t rows_at_once = 256;

// What a whole store at `path` holds; the error, when it is none.
struct Contents {
    std::int64_t schema = 0;
    ports::Revision revision = 0;
};
core::Result<Contents> contents_of(const std::filesystem::path& path) {
    auto database = Database::open(path);
    if (!database) return database.error();
    auto schema = read_version(*database, path);
    if (!schema) return schema.error();
    auto revision = read_revision(*database, path);
    if (!revision) return revision.error();
    if (auto sound = database->check(); !sound) return sound.error();
    if (auto sound = check_rows(*database, path); !sound) return sound.error();
    return Contents{*schema, *revision};
}

core::Result<std::filesystem::path> keep_backup(Database& database, const std::filesystem::path& path,
                                                std::int64_t schema, ports::Revision revision) {
    auto backup = backup_beside(path, schema);
    if (const auto there = contents_of(backup); there && there->schema == schema) {
        if (there->revision == revision) return backup;
        backup =
            path.string() + ".schema-" + std::to_string(schema) + ".revision-" + std::to_string(revision) + ".backup";
    }
    if (auto copied = copy_database(database, backup); !copied) return copied.error().within("the backup");
    return backup;
}

core::Result<std::vector<StoredRow>> rows_from(Database& database, const std::filesystem::path& path,
                                               Statement& statement, std::string_view key) {
    const StatementUse use(statement);
    statement.bind_text(1, key);
    statement.bind_integer(2, rows_at_once);
    std::vector<StoredRow> rows;
    while (true) {
        const auto step = statement.step();
        if (step == Statement::Step::failed) return database.error();
        if (step == Statement::Step::done) return rows;
        auto row = checked_row(statement, path);
        if (!row) return row.error();
        rows.push_back(std::move(*row));
    }
}

core::Result<void> upgrade_row(Database& database, Statement& put, const StoredRow& row, const RowUpgrade& upgrade) {
    const auto value = upgrade(row.key, row.value);
    if (!value) return value.error().within("the row of " + named(row.key));
    if (*value == row.value) return {};
    const StatementUse use(put);
    bind_row(put, row.key, *value, row.revision);
    if (put.step() == Statement::Step::failed) return database.error();
    return {};
}

core::Result<void> upgrade_rows(Database& database, const std::filesystem::path& path, const RowUpgrade& upgrade) {
    auto list =
        database.prepare("SELECT key, value, revision, checksum FROM rows WHERE key >= ?1 ORDER BY key LIMIT ?2");
    auto put = database.prepare("UPDATE rows SET value = ?2, revision = ?3, checksum = ?4 WHERE key = ?1");
    std::string next;
    while (true) {
        const auto rows = rows_from(database, path, list, next);
        if (!rows) return rows.error();
        if (rows->empty()) return {};
        for (const auto& row : *rows)
            if (auto upgraded = upgrade_row(database, put, row, upgrade); !upgraded) return upgraded;
        next = rows->back().key + '\0';  // the smallest key above it
    }
}

core::Result<void> in_one_transaction(Database& database, const std::filesystem::path& path, std::int64_t to,
                                      const RowUpgrade& upgrade) {
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = upgrade_rows(database, path, upgrade);
    if (done) done = database.run(("UPDATE schema_version SET version = " + std::to_string(to)).c_str());
    if (done) done = database.run("COMMIT");
    if (!done && database.in_transaction()) static_cast<void>(database.run("ROLLBACK"));
    return done;
}

}  // namespace

core::Result<std::string> rows_as_they_are(std::string_view, std::string_view value) { return std::string(value); }

std::filesystem::path backup_beside(const std::filesystem::path& path, std::int64_t schema) {
    return path.string() + ".schema-" + std::to_string(schema) + ".backup";
}

core::Result<Migrated> migrate(Database& database, const std::filesystem::path& path, std::int64_t from,
                               std::int64_t to, ports::Revision revision, const RowUpgrade& upgrade) {
    const auto failed = [&](const Error& why) {
        return why.within("upgrading the store from schema " + std::to_string(from) + " to " + std::to_string(to) +
                          " (nothing has changed, the older antiphon still opens it)");
    };
    auto backup = keep_backup(database, path, from, revision);
    if (!backup) return failed(backup.error());
    if (auto done = in_one_transaction(database, path, to, upgrade); !done) return failed(done.error());
    return Migrated{from, std::move(*backup)};
}

}  // namespace antiphon::sqlite
