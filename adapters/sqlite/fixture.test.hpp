// What the tests of this folder share: a folder that goes away, and short ways to write and read.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/sqlite/sqlite_store.hpp"

namespace antiphon::sqlite {

// In memory where the system has such a place: no law here needs a disk that is slow to sync.
inline std::filesystem::path temp_root() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

class TempFolder {
  public:
    TempFolder() {
        std::string pattern = (temp_root() / "antiphon-sqlite-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path db() const { return path_ / "data" / "antiphon.db"; }

  private:
    std::filesystem::path path_;
};

inline std::unique_ptr<SqliteStore> must_open(const std::filesystem::path& path) {
    auto store = SqliteStore::open(path);
    if (!store) {
        ADD_FAILURE() << store.error().what;
        std::abort();
    }
    return std::move(*store);
}

inline core::Result<ports::Revision> put(SqliteStore& store, std::string key, std::string value,
                                         std::optional<ports::Revision> expected = {}) {
    const ports::StoreWrite write{std::move(key), std::move(value), expected};
    return store.commit({&write, 1});
}

inline core::Result<ports::Revision> erase(SqliteStore& store, std::string key,
                                           std::optional<ports::Revision> expected = {}) {
    const ports::StoreWrite write{std::move(key), std::nullopt, expected};
    return store.commit({&write, 1});
}

// The value of a key, "<none>" or the error's text.
inline std::string value_of(SqliteStore& store, std::string_view key) {
    const auto row = store.get(key);
    if (!row) return row.error().what;
    return *row ? (*row)->value : "<none>";
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace antiphon::sqlite
