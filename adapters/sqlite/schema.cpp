// Rows, and a few numbers about them, all with checksums.
#include "adapters/sqlite/schema.hpp"

#include "adapters/sqlite/checksum.hpp"

namespace antiphon::sqlite {
namespace {

using core::ErrorCode;

// "Antp", in the header of each of our files: a database of somebody else is not taken for ours.
constexpr std::int64_t application_id = 0x416e7470;

constexpr const char* make_tables = R"(
BEGIN IMMEDIATE;
PRAGMA application_id = 1097757808;
CREATE TABLE schema_version(version INTEGER NOT NULL);
CREATE TABLE counter(name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE rows(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL,
                  checksum INTEGER NOT NULL);
INSERT INTO schema_version VALUES(2);
COMMIT;
)";
static_assert(application_id == 1097757808 && schema_version == 2, "make_tables spells them");

core::Error newer(const std::filesystem::path& path, std::int64_t version) {
    std::string way_out = "use a newer antiphon or another --data";
    std::error_code ignored;
    if (const auto backup = backup_beside(path, schema_version); std::filesystem::exists(backup, ignored))
        way_out += ", or go back to what it was before the upgrade: " + backup.string() + " in the place of " +
                   path.filename().string() + ", without its -wal and -shm";
    return {ErrorCode::conflict, path.string() + ": data folder is of schema " + std::to_string(version) +
                                     ", this program knows up to " + std::to_string(schema_version) + "; " + way_out};
}

// The version it has, which is not above ours; an empty database gets its tables.
core::Result<std::int64_t> make_or_check(Database& database, const std::filesystem::path& path) {
    const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables == 0) {
        // A crash before this commits leaves an empty file, which counts as new.
        if (auto made = database.run(make_tables); !made) return made.error();
        return schema_version;
    }
    auto version = read_version(database, path);
    if (version && *version > schema_version) return newer(path, *version);
    return version;
}

core::Result<void> configure(Database& database, const std::filesystem::path& path) {
    if (database.read_only())
        return core::Error{ErrorCode::denied,
                           path.string() + " is read-only for this user; give it write access or use another --data"};
    const auto mode = database.text("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (*mode != "wal")
        return core::Error{ErrorCode::unavailable, path.string() + ": its file system cannot keep a write-ahead log (" +
                                                       *mode + "); use a --data on a local disk"};
    return database.run("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608");
}

}  // namespace

core::Result<std::int64_t> read_version(Database& database, const std::filesystem::path& path) {
    const auto id = database.integer("PRAGMA application_id");
    if (!id) return id.error();
    if (*id != application_id)
        return core::Error{ErrorCode::corrupt, path.string() + " is a database of another program; use another --data"};
    auto version = database.integer("SELECT version FROM schema_version");
    if (version && *version < 1)
        return core::Error{ErrorCode::corrupt, path.string() + ": its schema is damaged (" + std::to_string(*version) +
                                                   "); restore a backup"};
    return version;
}

core::Result<ports::Revision> read_revision(Database& database, const std::filesystem::path& path) {
    auto statement = database.prepare("SELECT value, checksum FROM counter WHERE name = 'revision'");
    const auto step = statement.step();
    if (step == Statement::Step::failed) return database.error();
    const auto value = step == Statement::Step::row ? statement.integer(0) : 0;
    const auto revision = static_cast<ports::Revision>(value);
    const bool sound = step == Statement::Step::done || statement.integer(1) == row_checksum("revision", revision, "");
    const auto newest = database.integer("SELECT coalesce(max(revision), 0) FROM rows");
    if (!newest) return newest.error();
    if (!sound || *newest > value)
        return core::Error{ErrorCode::corrupt, path.string() + ": its revision counter is damaged (" +
                                                   std::to_string(value) + "); restore a backup"};
    return revision;
}

core::Result<Prepared> prepare_schema(Database& database, const std::filesystem::path& path,
                                      const RowUpgrade& upgrade) {
    const auto version = make_or_check(database, path);
    if (!version) return version.error();
    if (auto configured = configure(database, path); !configured) return configured.error();
    if (auto sound = database.check(); !sound) return sound.error();
    const auto revision = read_revision(database, path);
    if (!revision) return revision.error();
    if (*version == schema_version) return Prepared{*revision, {}};
    auto migrated = migrate(database, path, *version, schema_version, *revision, upgrade);
    if (!migrated) return migrated.error();
    return Prepared{*revision, std::move(*migrated)};
}

}  // namespace antiphon::sqlite
