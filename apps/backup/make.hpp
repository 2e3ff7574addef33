// Makes a backup of a coordinator's data folder while the coordinator runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "apps/backup/manifest.hpp"
#include "core/result.hpp"

namespace antiphon::backup {

// Shared with the thread that makes it.
struct Progress {
    std::atomic<std::uint64_t> done_bytes = 0;  // read; everything is read twice: hashed first, then written
    std::atomic<std::uint64_t> total_bytes = 0;
    std::atomic<bool> give_up = false;
};

struct Made {
    Manifest manifest;
    std::uint64_t size_bytes = 0;
    std::string sha256;  // of the tar
};

// Writes `tar` (mode 0600), which must not exist, from the data folder `data`: the database as it is when this begins,
// the token, the programmes that active sessions play, and with `whole` all programmes and finished recordings. The
// folder of `tar` is its own for the time. Blocks for as long as it takes; for any thread. On an error there is no tar;
// `exhausted` says how much space is missing, `unavailable` that it was given up.
core::Result<Made> make(const std::filesystem::path& data, bool whole, core::WallTime now,
                        const std::filesystem::path& tar, Progress& progress);

}  // namespace antiphon::backup
