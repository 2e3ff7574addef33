// The checksum is computed on each write and compared on each read.
#include "adapters/sqlite/row.hpp"

#include "adapters/sqlite/checksum.hpp"

namespace antiphon::sqlite {

std::string named(std::string_view key) {
    std::string text = "key '";
    for (const char c : key.substr(0, 80)) text += (c >= ' ' && c <= '~') ? c : '?';
    return text + (key.size() > 80 ? "...'" : "'");
}

core::Result<ports::StoredRow> checked_row(const Statement& statement, const std::filesystem::path& path) {
    ports::StoredRow row{std::string(statement.bytes(0)), std::string(statement.bytes(1)),
                         static_cast<ports::Revision>(statement.integer(2))};
    if (row_checksum(row.key, row.revision, row.value) != statement.integer(3))
        return core::Error{core::ErrorCode::corrupt, path.string() + ": the row of " + named(row.key) +
                                                         " is damaged; restore a backup, or write or delete the key"};
    return row;
}

void bind_row(Statement& statement, std::string_view key, std::string_view value, ports::Revision revision) {
    statement.bind_text(1, key);
    statement.bind_blob(2, value);
    statement.bind_integer(3, static_cast<std::int64_t>(revision));
    statement.bind_integer(4, row_checksum(key, revision, value));
}

core::Result<void> each_row(Database& database, const std::filesystem::path& path, const TakeRow& take) {
    auto statement = database.prepare("SELECT key, value, revision, checksum FROM rows ORDER BY key");
    while (true) {
        const auto step = statement.step();
        if (step == Statement::Step::failed) return database.error();
        if (step == Statement::Step::done) return {};
        const auto row = checked_row(statement, path);
        if (!row) return row.error();
        if (auto taken = take(*row); !taken) return taken;
    }
}

core::Result<void> check_rows(Database& database, const std::filesystem::path& path) {
    return each_row(database, path, [](const ports::StoredRow&) { return core::Result<void>(); });
}

}  // namespace antiphon::sqlite
