// Small files, whole or not at all: identities, tokens, configurations.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::files {

inline constexpr ::mode_t secret_mode = 0600;

// Replaces the file: after a crash it holds the old bytes or the new ones. Durable on return (fsync, rename, fsync of
// the folder). The folder must exist. On an error the old file is as it was. Thread-safe.
core::Result<void> atomic_write(const std::filesystem::path& path, std::string_view bytes, ::mode_t mode);

// The whole file; `invalid` when it is longer than `max_bytes`. Thread-safe.
core::Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace antiphon::files
