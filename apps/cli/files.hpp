// Small files that the command line reads: configurations and tokens.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace antiphon::cli {

// False also when we may not look.
bool file_exists(const std::filesystem::path& path);

// The whole file. `not_found`, `denied`, or `invalid` when it is longer than `max_bytes`.
core::Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes);

// The file's one line without what surrounds it; an empty file is an error.
core::Result<std::string> read_token(const std::filesystem::path& path);

}  // namespace antiphon::cli
