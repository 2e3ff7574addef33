// Transactions, reads and watches on the tables of schema.cpp.
#include "adapters/sqlite/sqlite_store.hpp"

#include <algorithm>

#include "adapters/sqlite/checksum.hpp"
#include "adapters/sqlite/row.hpp"

namespace antiphon::sqlite {
namespace {

using core::Error;
using core::ErrorCode;
using ports::Revision;
using ports::StoredRow;
using ports::StoreWrite;
using Step = Statement::Step;

// The smallest text above all that start with `prefix`; empty when there is none.
std::string end_of_prefix(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

}  // namespace

core::Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path,
                                                             const RowUpgrade& upgrade) {
    auto folder = DataFolder::open(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
    if (!folder) return folder.error();
    if (auto file = ensure_file(path); !file) return file.error();
    auto database = Database::open(path);
    if (!database) return database.error();
    auto prepared = prepare_schema(*database, path, upgrade);
    if (!prepared) return prepared.error();
    return std::unique_ptr<SqliteStore>(
        new SqliteStore(std::move(*folder), std::move(*database), path, std::move(*prepared)));
}

SqliteStore::SqliteStore(DataFolder folder, Database database, std::filesystem::path path, Prepared prepared)
    : folder_(std::move(folder)),
      path_(std::move(path)),
      database_(std::move(database)),
      revision_(prepared.revision),
      migrated_(std::move(prepared.migrated)) {
    statements_.begin = database_.prepare("BEGIN IMMEDIATE");
    statements_.commit = database_.prepare("COMMIT");
    statements_.rollback = database_.prepare("ROLLBACK");
    statements_.get = database_.prepare("SELECT key, value, revision, checksum FROM rows WHERE key = ?1");
    statements_.list =
        database_.prepare("SELECT key, value, revision, checksum FROM rows WHERE key >= ?1 AND key < ?2 ORDER BY key");
    statements_.list_all =
        database_.prepare("SELECT key, value, revision, checksum FROM rows WHERE key >= ?1 ORDER BY key");
    statements_.put = database_.prepare(
        "INSERT INTO rows(key, value, revision, checksum) VALUES(?1, ?2, ?3, ?4) "
        "ON CONFLICT(key) DO UPDATE SET value = ?2, revision = ?3, checksum = ?4");
    statements_.remove = database_.prepare("DELETE FROM rows WHERE key = ?1");
    statements_.set_revision =
        database_.prepare("REPLACE INTO counter(name, value, checksum) VALUES('revision', ?1, ?2)");
}

core::Result<Revision> SqliteStore::commit(std::span<const StoreWrite> writes) {
    ANTIPHON_ASSERT(!notifying_);  // a watcher may not commit
    if (auto within = check_limits(writes); !within) return within.error();
    if (writes.empty()) return revision_;
    const auto revision = revision_ + 1;
    auto applied = apply(writes, revision);
    if (!applied) {
        if (database_.in_transaction()) static_cast<void>(finish(statements_.rollback));
        return applied.error();
    }
    revision_ = revision;
    notify(writes, revision);
    return revision;
}

core::Result<void> SqliteStore::check_limits(std::span<const StoreWrite> writes) const {
    if (writes.size() > transaction_max_writes)
        return Error{ErrorCode::invalid, "a transaction of " + std::to_string(writes.size()) +
                                             " writes is over the limit of " + std::to_string(transaction_max_writes) +
                                             "; split it"};
    std::vector<std::string_view> keys;
    for (const auto& write : writes) {
        keys.push_back(write.key);
        if (write.key.size() > key_max_bytes)
            return Error{ErrorCode::invalid,
                         named(write.key) + " is longer than " + std::to_string(key_max_bytes) + " bytes"};
        if (write.value && write.value->size() > value_max_bytes)
            return Error{ErrorCode::invalid, named(write.key) + ": a value of " + std::to_string(write.value->size()) +
                                                 " bytes is over the limit of " + std::to_string(value_max_bytes) +
                                                 "; store a blob and its hash"};
    }
    std::sort(keys.begin(), keys.end());
    if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end())
        return Error{ErrorCode::invalid, named(*twice) + " is written twice in one transaction; write it once"};
    return {};
}

core::Result<void> SqliteStore::apply(std::span<const StoreWrite> writes, Revision revision) {
    if (auto begun = finish(statements_.begin); !begun) return begun;
    for (const auto& write : writes)
        if (auto expected = expect(write); !expected) return expected;
    for (const auto& write : writes)
        if (auto written = write_row(write, revision); !written) return written;
    auto& counter = statements_.set_revision;
    counter.bind_integer(1, static_cast<std::int64_t>(revision));
    counter.bind_integer(2, row_checksum("revision", revision, ""));
    if (auto counted = finish(counter); !counted) return counted;
    return finish(statements_.commit);
}

core::Result<void> SqliteStore::expect(const StoreWrite& write) {
    if (!write.expected) return {};
    const auto row = get(write.key);
    if (!row) return row.error();
    const auto found = *row ? (*row)->revision : 0;
    if (found == *write.expected) return {};
    const auto is = found == 0 ? " does not exist" : " is at revision " + std::to_string(found);
    const auto wanted = *write.expected == 0 ? "that it does not exist" : "revision " + std::to_string(*write.expected);
    return Error{ErrorCode::conflict, named(write.key) + is + ", expected was " + wanted + "; read it again"};
}

core::Result<void> SqliteStore::write_row(const StoreWrite& write, Revision revision) {
    auto& statement = write.value ? statements_.put : statements_.remove;
    if (write.value)
        bind_row(statement, write.key, *write.value, revision);
    else
        statement.bind_text(1, write.key);
    return finish(statement);
}

// Runs a bound statement that returns no rows.
core::Result<void> SqliteStore::finish(Statement& statement) {
    const StatementUse use(statement);
    if (statement.step() == Step::failed) return database_.error();
    return {};
}

core::Result<std::optional<StoredRow>> SqliteStore::get(std::string_view key) {
    auto& statement = statements_.get;
    const StatementUse use(statement);
    statement.bind_text(1, key);
    switch (statement.step()) {
        case Step::failed:
            return database_.error();
        case Step::done:
            return std::optional<StoredRow>();
        case Step::row:
            break;
    }
    auto row = checked_row(statement, path_);
    if (!row) return row.error();
    return std::optional<StoredRow>(std::move(*row));
}

core::Result<std::vector<StoredRow>> SqliteStore::list(std::string_view prefix) {
    const auto end = end_of_prefix(prefix);
    auto& statement = end.empty() ? statements_.list_all : statements_.list;
    const StatementUse use(statement);
    statement.bind_text(1, prefix);
    if (!end.empty()) statement.bind_text(2, end);
    std::vector<StoredRow> rows;
    while (true) {
        const auto step = statement.step();
        if (step == Step::failed) return database_.error();
        if (step == Step::done) return rows;
        auto row = checked_row(statement, path_);
        if (!row) return row.error();
        rows.push_back(std::move(*row));
    }
}

SqliteStore::WatchId SqliteStore::watch(std::string prefix, Watcher watcher) {
    const auto id = next_watch_++;
    watches_.emplace(id, Watch{std::move(prefix), std::move(watcher)});
    return id;
}

void SqliteStore::unwatch(WatchId id) { watches_.erase(id); }

void SqliteStore::notify(std::span<const StoreWrite> writes, Revision revision) {
    std::vector<WatchId> ids;  // watchers may come and go while they are called
    for (const auto& [id, watch] : watches_) ids.push_back(id);
    notifying_ = true;
    for (const auto& write : writes) {
        for (const auto id : ids) {
            const auto found = watches_.find(id);
            if (found == watches_.end() || !write.key.starts_with(found->second.prefix)) continue;
            const auto watcher = found->second.watcher;  // it may unwatch itself
            watcher(write, revision);
        }
    }
    notifying_ = false;
}

core::Result<void> SqliteStore::integrity_check() {
    if (auto sound = database_.check(); !sound) return sound;
    return check_rows(database_, path_);
}

}  // namespace antiphon::sqlite
