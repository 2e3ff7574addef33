// The store of one node in one SQLite file: WAL, synchronous=FULL, a checksum on each row.
#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include "adapters/sqlite/data_folder.hpp"
#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/schema.hpp"
#include "ports/store.hpp"

namespace antiphon::sqlite {

inline constexpr std::size_t key_max_bytes = 1024;
inline constexpr std::size_t value_max_bytes = 1 << 20;
inline constexpr std::size_t transaction_max_writes = 8192;

// Not thread-safe; may move between threads. Only I/O errors and damage fail a get() or list().
class SqliteStore : public ports::Store {
  public:
    // `path` is the database file; its folder is made when missing, and locked for this process alone. `conflict`:
    // another process holds the folder, or a newer program wrote it; `denied`: it may not be written; `exhausted`: the
    // disk is full; `corrupt`: it is no database of ours, or damaged. Each error names the file and the way out.
    // One of an older schema is first copied beside itself and then brought to the present one, its rows by `upgrade`;
    // if that fails it is what it was.
    static core::Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& path,
                                                           const RowUpgrade& upgrade = rows_as_they_are);

    // As ports::Store has it. Besides: `invalid` for a key that is written twice in one transaction (etcd has no such
    // thing) and for what is over the limits above; an empty transaction changes nothing and returns the revision.
    // After `unavailable` a crash may still bring the whole transaction back: the disk may have it although it failed
    // to sync.
    core::Result<ports::Revision> commit(std::span<const ports::StoreWrite> writes) override;
    core::Result<std::optional<ports::StoredRow>> get(std::string_view key) override;
    core::Result<std::vector<ports::StoredRow>> list(std::string_view prefix) override;
    // Watchers are called in the order of their registration; one may unwatch, itself too, but not commit.
    WatchId watch(std::string prefix, Watcher watcher) override;
    void unwatch(WatchId id) override;

    // Of the last committed transaction; 0 before the first.
    ports::Revision revision() const { return revision_; }

    // Reads everything: SQLite's own check and all checksums. `corrupt` says what is damaged. Takes time.
    core::Result<void> integrity_check();

    // When opening it brought it from an older schema.
    const std::optional<Migrated>& migrated() const { return migrated_; }

  private:
    struct Statements {
        Statement begin, commit, rollback, get, list, list_all, put, remove, set_revision;
    };
    struct Watch {
        std::string prefix;
        Watcher watcher;
    };
    SqliteStore(DataFolder folder, Database database, std::filesystem::path path, Prepared prepared);

    core::Result<void> check_limits(std::span<const ports::StoreWrite> writes) const;
    core::Result<void> apply(std::span<const ports::StoreWrite> writes, ports::Revision revision);
    core::Result<void> expect(const ports::StoreWrite& write);
    core::Result<void> write_row(const ports::StoreWrite& write, ports::Revision revision);
    core::Result<void> finish(Statement& statement);
    void notify(std::span<const ports::StoreWrite> writes, ports::Revision revision);

    DataFolder folder_;
    std::filesystem::path path_;
    Database database_;
    Statements statements_;  // after database_: finalised before it closes
    ports::Revision revision_ = 0;
    const std::optional<Migrated> migrated_;
    std::map<WatchId, Watch> watches_;
    WatchId next_watch_ = 1;
    bool notifying_ = false;
};

}  // namespace antiphon::sqlite
