// A consistent copy of a database in one file of its own.
#pragma once

#include <filesystem>

#include "adapters/sqlite/database.hpp"

namespace antiphon::sqlite {

inline bool to_the_end(std::uint64_t, std::uint64_t) { return true; }

// Writes `target`.part (mode 0600) and gives it its name once it is whole and synced: what has the name is good.
// Another file of that name goes; whatever fails leaves it, and no part behind. `exhausted`: the disk is full;
// `unavailable`: `step` gave it up.
core::Result<void> copy_database(Database& source, const std::filesystem::path& target,
                                 const Database::CopyStep& step = to_the_end);

// The same of the file `source`, by a connection of its own: all that is committed when it begins. Another connection
// may go on reading and writing on another thread. Thread-safe.
core::Result<void> copy_while_in_use(const std::filesystem::path& source, const std::filesystem::path& target,
                                     const Database::CopyStep& step = to_the_end);

}  // namespace antiphon::sqlite
