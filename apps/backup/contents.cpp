// The rules are the layout of the data folder.
#include "apps/backup/contents.hpp"

#include <algorithm>
#include <set>

#include "adapters/archive/member_name.hpp"
#include "adapters/json/json.hpp"
#include "adapters/sqlite/row.hpp"
#include "adapters/sqlite/schema.hpp"
#include "apps/backup/manifest.hpp"
#include "core/rows.hpp"

namespace antiphon::backup {
namespace {

namespace fs = std::filesystem;

core::Result<void> take_row(const ports::StoredRow& row, DatabaseFacts& facts, std::set<core::BlobHash>& playing) {
    if (row.key == "meta/cluster") facts.cluster = row.value;
    if (row.key == "cluster/self") {
        const auto cluster = json::decode<core::ClusterRow>(row.value);
        if (!cluster) return cluster.error().within("row '" + row.key + "'");
        facts.epoch = cluster->epoch;
    }
    if (!row.key.starts_with("session/")) return {};
    const auto session = json::decode<core::SessionRow>(row.value);
    if (!session) return session.error().within("row '" + row.key + "'");
    if (session->active()) playing.insert(session->programme.blob);
    return {};
}

// Files at any depth, as the backup names them; links are not followed.
std::vector<std::string> names_below(const fs::path& data, const std::string& folder,
                                     bool (*wanted)(const std::string&)) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(data / folder, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        const auto name = it->path().lexically_relative(data).generic_string();
        std::error_code unknown;
        if (it->is_regular_file(unknown) && wanted(name)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool is_programme(const std::string& name) {
    const auto hash = core::parse_blob_hash(std::string_view(name).substr(name.rfind('/') + 1));
    return hash && name == name_of(*hash);
}

// recordings/ID/WORKER.INPUT/000007.flac, and .json beside
bool is_recorded(const std::string& name) {
    if (!name.starts_with("recordings/") || std::count(name.begin(), name.end(), '/') != 3) return false;
    return archive::is_member_name(name) && (name.ends_with(".flac") || name.ends_with(".json"));
}

}  // namespace

core::Result<DatabaseFacts> facts_of(const fs::path& path) {
    auto database = sqlite::Database::open(path);
    if (!database) return database.error();
    const auto schema = sqlite::read_version(*database, path);
    if (!schema) return schema.error();
    if (auto sound = database->check(); !sound) return sound.error();
    DatabaseFacts facts;
    facts.schema = *schema;
    std::set<core::BlobHash> playing;
    const auto read =
        sqlite::each_row(*database, path, [&](const ports::StoredRow& row) { return take_row(row, facts, playing); });
    if (!read) return read.error();
    facts.playing.assign(playing.begin(), playing.end());
    return facts;
}

std::vector<std::string> programmes_in(const fs::path& data) { return names_below(data, "blobs", is_programme); }

std::vector<std::string> recorded_in(const fs::path& data) { return names_below(data, "recordings", is_recorded); }

std::string name_of(const core::BlobHash& programme) {
    return "blobs/" + programme.value.substr(0, 2) + "/" + programme.value;
}

bool belongs(const std::string& name) {
    return name == database_name || name == token_name || is_programme(name) || is_recorded(name);
}

}  // namespace antiphon::backup
