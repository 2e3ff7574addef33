// Between a machine's rows and the store: "kind/id" to JSON and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/json/json.hpp"
#include "ports/store.hpp"

namespace antiphon::node {

// The durable part of a draft as one transaction.
template <class Draft>
std::vector<ports::StoreWrite> writes_of(const Draft& draft) {
    std::vector<ports::StoreWrite> writes;
    draft.each_durable([&](const char* kind, const std::string& id, const auto* row) {
        ports::StoreWrite write;
        write.key = std::string(kind) + "/" + id;
        if (row) write.value = json::encode(*row);
        writes.push_back(std::move(write));
    });
    return writes;
}

// Makes it durable; nothing durable in it costs nothing.
template <class Draft>
core::Result<void> store_draft(ports::Store& store, const Draft& draft) {
    const auto writes = writes_of(draft);
    if (writes.empty()) return {};
    if (auto committed = store.commit(writes); !committed) return committed.error();
    return {};
}

// Calls `take(Row)` for each row of a kind. `corrupt` names the row that cannot be read.
template <class Row, class Take>
core::Result<void> load_rows(ports::Store& store, const std::string& kind, Take take) {
    auto rows = store.list(kind + "/");
    if (!rows) return rows.error();
    for (const auto& stored : *rows) {
        auto row = json::decode<Row>(stored.value);
        if (!row)
            return core::Error{core::ErrorCode::corrupt, "row '" + stored.key +
                                                             "' cannot be read: " + row.error().what +
                                                             "; restore a backup, or move the data folder away"};
        take(std::move(*row));
    }
    return {};
}

// A row of an older schema as the present one has it, when its key is of this kind; else nothing.
template <class Row>
std::optional<core::Result<std::string>> upgrade_of(const std::string& kind, std::string_view key,
                                                    std::string_view value) {
    if (!key.starts_with(kind + "/")) return std::nullopt;
    return json::upgrade<Row>(value);
}

// The row, or nothing.
template <class Row>
core::Result<std::optional<Row>> load_row(ports::Store& store, const std::string& key) {
    auto stored = store.get(key);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Row>{};
    auto row = json::decode<Row>((*stored)->value);
    if (!row) return row.error().within("row '" + key + "'");
    return std::optional<Row>(std::move(*row));
}

}  // namespace antiphon::node
