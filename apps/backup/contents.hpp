// What of a data folder belongs into its backup.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace antiphon::backup {

// What the database at `path`, which nobody writes, says; all of it is checked. `corrupt` names the row.
struct DatabaseFacts {
    std::int64_t schema = 0;
    std::string cluster;
    core::Epoch epoch;
    std::vector<core::BlobHash> playing;  // programmes of active sessions, each once
};
core::Result<DatabaseFacts> facts_of(const std::filesystem::path& path);

// Names below `data` of all programmes, and of all files of recordings that were handed in.
std::vector<std::string> programmes_in(const std::filesystem::path& data);
std::vector<std::string> recorded_in(const std::filesystem::path& data);

std::string name_of(const core::BlobHash& programme);

// Whether a member of this name may be in a backup: what this program itself would write.
bool belongs(const std::string& name);

}  // namespace antiphon::backup
