// Downloads into FILE.part, resumed where it ended, checked, then named: what has the name is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

struct WantedFile {
    std::string target;            // on the server
    std::string sha256;            // empty: not known, and then it is always fetched whole
    std::uint64_t size_bytes = 0;  // 0: not known
    bool secret = false;           // for its owner only
};

// Shows its progress on a terminal. `corrupt` when what came has another hash. Durable on return; another file of that
// name goes.
core::Result<void> fetch_file(const Call& call, const ApiClient& api, const WantedFile& wanted,
                              const std::filesystem::path& file);

bool has_content(const std::filesystem::path& path, const std::string& sha256);

std::uint64_t size_or_zero(const std::filesystem::path& path);

}  // namespace antiphon::cli
