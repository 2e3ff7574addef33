// The durable memory of a node: a key-value store with revisions, compare-and-swap and watch. SQLite is behind it
// today; etcd fits it, because nothing here is more than etcd's transactions give.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace antiphon::ports {

// Grows by one with each committed transaction. A key's revision is that of the transaction that last wrote it.
using Revision = std::uint64_t;

struct StoredRow {
    std::string key;    // "kind/id", bytes in order
    std::string value;  // opaque to the store
    Revision revision = 0;

    friend bool operator==(const StoredRow&, const StoredRow&) = default;
};

// One write of a transaction. `value` empty: delete the key. `expected` 0: the key must not exist.
struct StoreWrite {
    std::string key;
    std::optional<std::string> value;
    std::optional<Revision> expected;  // absent: whatever is there
};

class Store {
  public:
    virtual ~Store() = default;

    // All writes or none, durable on return. `conflict` names the key whose revision differs; `exhausted` when the disk
    // is full; `unavailable` for I/O errors, after which nothing of the transaction is readable. Not thread-safe.
    virtual core::Result<Revision> commit(std::span<const StoreWrite> writes) = 0;

    // The row, or nothing. `corrupt` when its checksum does not match: the row is never returned.
    virtual core::Result<std::optional<StoredRow>> get(std::string_view key) = 0;

    // All rows whose key starts with `prefix`, in key order. `corrupt` names the first damaged key.
    virtual core::Result<std::vector<StoredRow>> list(std::string_view prefix) = 0;

    using Watcher = std::function<void(const StoreWrite& write, Revision revision)>;
    using WatchId = std::uint64_t;

    // Calls `watcher` for each committed write under `prefix`, after its transaction, in order, on the committing
    // thread (SQLite) or the loop's (etcd). A watcher may not commit.
    virtual WatchId watch(std::string prefix, Watcher watcher) = 0;
    virtual void unwatch(WatchId id) = 0;
};

}  // namespace antiphon::ports
