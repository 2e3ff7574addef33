// A coordinator's data folder as tests want it, and tars that no coordinator made.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "adapters/archive/tar_writer.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/json/json.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "apps/backup/contents.hpp"
#include "apps/backup/manifest.hpp"
#include "core/rows.hpp"

namespace antiphon::backup::testing {

namespace fs = std::filesystem;

inline std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

inline std::string sha256_of(const std::string& content) {
    files::Sha256 sha256;
    sha256.update(std::as_bytes(std::span(content)));
    return sha256.finish().value;
}

class Folder {
  public:
    Folder() {
        auto pattern = (fs::temp_directory_path() / "antiphon-backup-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        path = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(path)) found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }

    fs::path path;
};

inline const std::string playing = "the programme that is playing";
inline const std::string silent = "a programme of last week";

// A coordinator's: of epoch 7, with a zone, a session that plays one of its two programmes, and a finished recording.
class DataFolder {
  public:
    explicit DataFolder(const fs::path& at) : path(at) {
        store = std::move(*sqlite::SqliteStore::open(path / database_name));
        core::ClusterRow cluster;
        cluster.epoch = {7};
        cluster.superseded_by = core::Epoch{8};
        core::SessionRow session;
        session.id = {"s1"};
        session.phase = core::SessionPhase::playing;
        session.programme.blob = {sha256_of(playing)};
        auto ended = session;
        ended.id = {"s2"};
        ended.phase = core::SessionPhase::ended;
        ended.programme.blob = {sha256_of(silent)};
        const core::ZoneRow zone{{"z1"}, "ground", {{{"w1"}, "left"}}, 3};
        const std::vector<ports::StoreWrite> rows{{"meta/cluster", "c0ffee", {}},
                                                  {"cluster/self", json::encode(cluster), {}},
                                                  {"session/s1", json::encode(session), {}},
                                                  {"session/s2", json::encode(ended), {}},
                                                  {"zone/z1", json::encode(zone), {}}};
        EXPECT_TRUE(store->commit(rows));
        write(path / token_name, std::string(64, 'a') + "\n");
        for (const auto& programme : {playing, silent}) write(path / name_of({sha256_of(programme)}), programme);
        write(path / "recordings/r1/w1.mic/000000.flac", "sound");
        write(path / "recordings/r1/w1.mic/000000.json", "{}");
        write(path / "recordings/.incoming/ab/unfinished", "part of a sound");
    }

    fs::path path;
    std::unique_ptr<sqlite::SqliteStore> store;
};

using Contents = std::vector<std::pair<std::string, std::string>>;

// What a manifest says of these files, if all is well.
inline Manifest manifest_of(const Contents& contents) {
    Manifest manifest;
    manifest.antiphon = "0.1.0";
    manifest.schema = 1;
    for (const auto& [name, content] : contents) manifest.members.push_back({name, content.size(), sha256_of(content)});
    return manifest;
}

inline std::string tar_of(const Contents& contents) {
    std::string tar;
    archive::TarWriter writer([&](std::span<const std::byte> piece) {
        tar.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return core::Result<void>();
    });
    for (const auto& [name, content] : contents) {
        EXPECT_TRUE(writer.begin(name, content.size(), {}));
        EXPECT_TRUE(writer.append(std::as_bytes(std::span(content))));
    }
    EXPECT_TRUE(writer.finish());
    return tar;
}

}  // namespace antiphon::backup::testing
