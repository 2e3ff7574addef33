// SQLite's C interface with owners: a connection, its statements, and errors that name the file and the way out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace antiphon::sqlite {

// What a failed call means to us: `exhausted` for a full disk, `unavailable` for other I/O errors and foreign locks,
// `denied` for what may not be written, `corrupt` for a damaged file or one that is no database. `path` is the file,
// `db` the connection it failed on.
core::Error error_of(sqlite3* db, const std::filesystem::path& path);

// A prepared statement, reset after each use by a StatementUse. Not thread-safe.
class Statement {
  public:
    Statement() = default;
    Statement(sqlite3* db, std::string_view sql);

    // Parameters count from 1. The bytes are not copied: they live until the reset. NUL bytes are bytes.
    void bind_text(int parameter, std::string_view bytes);
    void bind_blob(int parameter, std::string_view bytes);
    void bind_integer(int parameter, std::int64_t value);

    enum class Step { row, done, failed };
    // After `failed`, error_of() tells why. A statement that could not be prepared or bound fails here.
    Step step();
    void reset();

    // Columns count from 0; the view lives until the next step.
    std::string_view bytes(int column) const;
    std::int64_t integer(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    bool bound_ = true;  // no bind has failed since the reset
};

// Resets the statement when the scope ends, so that it holds no read transaction and no foreign bytes.
class StatementUse {
  public:
    explicit StatementUse(Statement& statement) : statement_(statement) {}
    ~StatementUse() { statement_.reset(); }
    StatementUse(const StatementUse&) = delete;
    StatementUse& operator=(const StatementUse&) = delete;

  private:
    Statement& statement_;
};

// One connection. Not thread-safe.
class Database {
  public:
    // Opens an existing file (an empty one is an empty database) for reading and writing.
    static core::Result<Database> open(const std::filesystem::path& path);

    core::Result<void> run(const char* sql);
    // The first column of the first row.
    core::Result<std::int64_t> integer(const char* sql);
    core::Result<std::string> text(const char* sql);
    // SQLite's own check of the whole file; `corrupt` says what is damaged, `unavailable` that it could not be read.
    core::Result<void> check();
    // Copies the whole of it into `target`, `pages_per_step` pages at a time, and calls `step` after each, which
    // says whether to go on. It takes what is committed when it begins: begin a read transaction first where others may
    // write. `target`, whose error is told when it fails to write, is then a database without a write-ahead log.
    using CopyStep = std::function<bool(std::uint64_t copied_pages, std::uint64_t pages)>;
    core::Result<void> copy_to(Database& target, int pages_per_step, const CopyStep& step);
    Statement prepare(std::string_view sql) { return {db_.get(), sql}; }

    bool read_only() const;
    bool in_transaction() const;
    core::Error error() const { return error_of(db_.get(), path_); }

  private:
    struct Close {
        void operator()(sqlite3* db) const noexcept;
    };
    Database(sqlite3* db, std::filesystem::path path) : db_(db), path_(std::move(path)) {}

    std::unique_ptr<sqlite3, Close> db_;
    std::filesystem::path path_;
};

}  // namespace antiphon::sqlite
