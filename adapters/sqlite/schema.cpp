// Schema 1: rows, and a few numbers about them, all with checksums.
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
INSERT INTO schema_version VALUES(1);
COMMIT;
)";
static_assert(application_id == 1097757808 && schema_version == 1, "make_tables spells them");

core::Result<void> check_version(Database& database, const std::filesystem::path& path) {
    const auto id = database.integer("PRAGMA application_id");
    if (!id) return id.error();
    if (*id != application_id)
        return core::Error{ErrorCode::corrupt, path.string() + " is a database of another program; use another --data"};
    const auto version = database.integer("SELECT version FROM schema_version");
    if (!version) return version.error();
    if (*version > schema_version)
        return core::Error{ErrorCode::conflict, path.string() + ": data folder is of schema " +
                                                    std::to_string(*version) + ", this program knows up to " +
                                                    std::to_string(schema_version) +
                                                    "; use a newer antiphon or another --data"};
    return {};
}

core::Result<void> make_or_check(Database& database, const std::filesystem::path& path) {
    const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables != 0) return check_version(database, path);
    // A crash before this commits leaves an empty file, which counts as new.
    return database.run(make_tables);
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

}  // namespace

core::Result<ports::Revision> prepare_schema(Database& database, const std::filesystem::path& path) {
    if (auto made = make_or_check(database, path); !made) return made.error();
    if (auto configured = configure(database, path); !configured) return configured.error();
    if (auto sound = database.check(); !sound) return sound.error();
    return read_revision(database, path);
}

}  // namespace antiphon::sqlite
