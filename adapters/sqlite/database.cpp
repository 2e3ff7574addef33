// Calls of SQLite, and what its result codes mean to us.
#include "adapters/sqlite/database.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace antiphon::sqlite {
namespace {

using core::ErrorCode;
constexpr int busy_timeout_ms = 5000;

core::Error disk_full(const std::string& file) {
    return {ErrorCode::exhausted, file + ": the disk is full; nothing is lost, free some space and try again"};
}

core::Error not_writable(const std::string& file) {
    return {ErrorCode::denied, file + " is read-only for this user; give it write access or use another --data"};
}

core::Error damaged(const std::string& file, const std::string& what) {
    return {ErrorCode::corrupt, file + ": " + what + "; move it away, then restore a backup or start anew"};
}

core::Error io_error(const std::string& file, int system_errno, const char* what) {
    if (system_errno == ENOSPC || system_errno == EDQUOT) return disk_full(file);
    const std::string reason = system_errno != 0 ? std::strerror(system_errno) : what;
    return {ErrorCode::unavailable, file + ": " + reason + "; look at the disk and the system's log"};
}

core::Error cannot_open(const std::string& file, int system_errno) {
    if (system_errno == EACCES || system_errno == EROFS || system_errno == EPERM) return not_writable(file);
    return io_error(file, system_errno, "cannot be opened");
}

// The check goes on over I/O errors and reports them as damage, with the code of the error.
bool is_io_error(std::string_view damage) {
    constexpr std::string_view mark = "error code=";
    const auto at = damage.find(mark);
    if (at == std::string_view::npos) return false;
    const auto digits = damage.substr(at + mark.size());
    int code = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), code);
    return (code & 0xff) == SQLITE_IOERR;
}

}  // namespace

core::Error error_of(sqlite3* db, const std::filesystem::path& path) {
    const auto file = path.string();
    const int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
    const int system_errno = db ? sqlite3_system_errno(db) : 0;
    switch (code & 0xff) {
        case SQLITE_FULL:
            return disk_full(file);
        case SQLITE_IOERR:
            return io_error(file, system_errno, sqlite3_errmsg(db));
        case SQLITE_CANTOPEN:
            return cannot_open(file, system_errno);
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return not_writable(file);
        case SQLITE_NOTADB:
            return damaged(file, "is not a database");
        case SQLITE_CORRUPT:
            return damaged(file, "the database is damaged");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::unavailable, file + " is locked by another program; close that program (sqlite3?)"};
        case SQLITE_NOMEM:
            return {ErrorCode::exhausted, file + ": out of memory"};
        default:
            return {ErrorCode::internal, file + ": " + sqlite3_errmsg(db)};
    }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
}

void Statement::bind_text(int parameter, std::string_view bytes) {
    const char* data = bytes.empty() ? "" : bytes.data();
    bound_ &= sqlite3_bind_text64(statement_.get(), parameter, data, bytes.size(), nullptr, SQLITE_UTF8) == SQLITE_OK;
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
    const char* data = bytes.empty() ? "" : bytes.data();
    bound_ &= sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), nullptr) == SQLITE_OK;
}

void Statement::bind_integer(int parameter, std::int64_t value) {
    bound_ &= sqlite3_bind_int64(statement_.get(), parameter, value) == SQLITE_OK;
}

Statement::Step Statement::step() {
    if (!statement_ || !bound_) return Step::failed;
    switch (sqlite3_step(statement_.get())) {
        case SQLITE_ROW:
            return Step::row;
        case SQLITE_DONE:
            return Step::done;
        default:
            return Step::failed;
    }
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    bound_ = true;
}

std::string_view Statement::bytes(int column) const {
    const auto* data = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return data ? std::string_view(static_cast<const char*>(data), size) : std::string_view();
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

void Database::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

core::Result<Database> Database::open(const std::filesystem::path& path) {
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(db, path);
    if (code != SQLITE_OK) return database.error();
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, busy_timeout_ms);
    return database;
}

core::Result<void> Database::run(const char* sql) {
    if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error();
    return {};
}

core::Result<std::int64_t> Database::integer(const char* sql) {
    auto statement = prepare(sql);
    if (statement.step() != Statement::Step::row) return error();
    const auto value = statement.integer(0);
    if (statement.step() == Statement::Step::failed) return error();  // what it writes is written only now
    return value;
}

core::Result<std::string> Database::text(const char* sql) {
    auto statement = prepare(sql);
    if (statement.step() != Statement::Step::row) return error();
    std::string value(statement.bytes(0));
    if (statement.step() == Statement::Step::failed) return error();
    return value;
}

core::Result<void> Database::check() {
    const auto damage = text("PRAGMA integrity_check(1)");
    if (!damage) return damage.error();
    if (*damage == "ok") return {};
    if (is_io_error(*damage)) return io_error(path_.string(), 0, damage->c_str());
    return damaged(path_.string(), *damage);
}

core::Result<void> Database::copy_to(Database& target, int pages_per_step, const CopyStep& step) {
    auto* copy = sqlite3_backup_init(target.db_.get(), "main", db_.get(), "main");
    if (!copy) return target.error();
    int code = SQLITE_OK;
    bool go_on = true;
    while (code == SQLITE_OK && go_on) {
        code = sqlite3_backup_step(copy, pages_per_step);
        const auto pages = sqlite3_backup_pagecount(copy);
        go_on =
            step(static_cast<std::uint64_t>(pages - sqlite3_backup_remaining(copy)), static_cast<std::uint64_t>(pages));
    }
    if (sqlite3_backup_finish(copy) != SQLITE_OK) return target.error();
    if (code != SQLITE_DONE) return core::Error{ErrorCode::unavailable, "the copy was given up; make it again"};
    return target.run("PRAGMA journal_mode = DELETE");
}

bool Database::read_only() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }

bool Database::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

}  // namespace antiphon::sqlite
