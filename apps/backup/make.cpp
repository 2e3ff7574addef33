// Two passes over the files: hashed first, so that the manifest can stand before them; then written, and hashed again.
#include "apps/backup/make.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <span>
#include <vector>

#include "adapters/archive/tar_writer.hpp"
#include "adapters/files/posix.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/json/json.hpp"
#include "adapters/sqlite/copy.hpp"
#include "apps/backup/contents.hpp"
#include "apps/node/version.hpp"

namespace antiphon::backup {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using Take = std::function<core::Result<void>(std::span<const std::byte>)>;

constexpr std::size_t piece_bytes = 256 << 10;
constexpr std::uint64_t write_back_bytes = 1 << 20;
constexpr std::uint64_t tar_overhead_bytes = 2048;  // of a member: headers, padding, its line in the manifest

core::Error given_up() { return {ErrorCode::unavailable, "the backup was given up; make it again"}; }

class Maker {
  public:
    Maker(fs::path data, fs::path copy, Progress& progress)
        : data_(std::move(data)), copy_(std::move(copy)), progress_(progress), buffer_(piece_bytes) {}

    core::Result<Made> make(bool whole, core::WallTime now, const fs::path& tar);

  private:
    core::Result<void> copy_database();
    core::Result<std::vector<std::string>> names(bool whole, const std::vector<core::BlobHash>& playing) const;
    core::Result<void> hash_all(const std::vector<std::string>& names);
    core::Result<void> hash(const std::string& name);
    core::Result<void> write(const fs::path& tar, Made& made);
    core::Result<void> write_members(archive::TarWriter& writer);
    core::Result<std::string> read_through(const std::string& name, const Take& take);
    core::Result<void> check_space(const fs::path& folder) const;
    fs::path path_of(const std::string& name) const { return name == database_name ? copy_ : data_ / name; }

    const fs::path data_;
    const fs::path copy_;  // of the database
    Progress& progress_;
    std::vector<std::byte> buffer_;
    Manifest manifest_;
};

core::Result<Made> Maker::make(bool whole, core::WallTime now, const fs::path& tar) {
    if (auto copied = copy_database(); !copied) return copied.error();
    const auto facts = facts_of(copy_);
    if (!facts) return facts.error();
    manifest_.antiphon = node::version;
    manifest_.schema = facts->schema;
    manifest_.cluster = facts->cluster;
    manifest_.epoch = facts->epoch.value;
    manifest_.made = now;
    manifest_.whole = whole;
    const auto chosen = names(whole, facts->playing);
    if (!chosen) return chosen.error();
    if (auto hashed = hash_all(*chosen); !hashed) return hashed.error();
    if (auto space = check_space(tar.parent_path()); !space) return space.error();
    Made made;
    if (auto written = write(tar, made); !written) return written.error();
    made.manifest = std::move(manifest_);
    return made;
}

core::Result<void> Maker::copy_database() {
    return sqlite::copy_while_in_use(data_ / database_name, copy_,
                                     [this](std::uint64_t, std::uint64_t) { return !progress_.give_up; });
}

core::Result<std::vector<std::string>> Maker::names(bool whole, const std::vector<core::BlobHash>& playing) const {
    std::vector<std::string> all{database_name, token_name};
    const auto add = [&](const std::vector<std::string>& more) { all.insert(all.end(), more.begin(), more.end()); };
    if (whole) {
        add(programmes_in(data_));
        add(recorded_in(data_));
    } else {
        for (const auto& programme : playing) all.push_back(name_of(programme));
    }
    if (all.size() <= members_max) return all;
    return Error{ErrorCode::exhausted, "a backup holds at most " + std::to_string(members_max) + " files, not " +
                                           std::to_string(all.size()) + "; make one that is not --whole"};
}

core::Result<void> Maker::hash_all(const std::vector<std::string>& names) {
    std::uint64_t total = 0;
    for (const auto& name : names) {
        std::error_code error;
        if (const auto size = fs::file_size(path_of(name), error); !error) total += size;
    }
    progress_.total_bytes = 2 * total;
    for (const auto& name : names)
        if (auto hashed = hash(name); !hashed) return hashed;
    return {};
}

// Calls `take` for each piece of a file; its SHA-256.
core::Result<std::string> Maker::read_through(const std::string& name, const Take& take) {
    const auto path = path_of(name);
    const auto file = files::open_for_reading(path);
    if (!file) return file.error();
    files::Sha256 sha256;
    while (true) {
        if (progress_.give_up) return given_up();
        const auto size = ::read(file->get(), buffer_.data(), buffer_.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return files::system_error("cannot read", path, errno);
        if (size == 0) return sha256.finish().value;
        const auto piece = std::span<const std::byte>(buffer_).first(static_cast<std::size_t>(size));
        sha256.update(piece);
        if (auto taken = take(piece); !taken) return taken.error();
        progress_.done_bytes += piece.size();
    }
}

// Into the manifest. A programme or recording that is damaged or gone is left out by name: it must not keep all the
// rest from being kept.
core::Result<void> Maker::hash(const std::string& name) {
    const bool required = name == database_name || name == token_name;
    Member member{name, 0, ""};
    const auto sha256 = read_through(name, [&](std::span<const std::byte> piece) {
        member.size_bytes += piece.size();
        return core::Result<void>();
    });
    if (!sha256 && (required || progress_.give_up)) return sha256.error();
    if (!sha256) {
        manifest_.left_out.push_back({name, sha256.error().what});
    } else if (name.starts_with("blobs/") && !name.ends_with("/" + *sha256)) {
        manifest_.left_out.push_back({name, "it is damaged: its content is not what its name says"});
    } else {
        member.sha256 = *sha256;
        manifest_.members.push_back(std::move(member));
    }
    return {};
}

core::Result<void> Maker::check_space(const fs::path& folder) const {
    std::uint64_t needed = 0;
    for (const auto& member : manifest_.members) needed += member.size_bytes + tar_overhead_bytes;
    std::error_code error;
    const auto space = fs::space(folder, error);
    if (error || needed <= space.available) return {};
    return Error{ErrorCode::exhausted, "the backup needs " + std::to_string(needed) + " bytes in " + folder.string() +
                                           " for the time, and " + std::to_string(space.available) +
                                           " are free; free some space and try again"};
}

core::Result<void> Maker::write(const fs::path& tar, Made& made) {
    const files::Descriptor file(::open(tar.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return files::system_error("cannot make", tar, errno);
    files::Sha256 sha256;
    archive::TarWriter writer([&](std::span<const std::byte> piece) {
        sha256.update(piece);
        if (made.size_bytes / write_back_bytes != (made.size_bytes + piece.size()) / write_back_bytes)
            files::write_back(file);
        made.size_bytes += piece.size();
        return files::write_all(file, piece, tar);
    });
    auto written = write_members(writer);
    if (written) written = writer.finish();
    if (written) written = files::sync_file(file, tar);
    made.sha256 = sha256.finish().value;
    std::error_code ignored;
    if (!written) fs::remove(tar, ignored);
    return written;
}

core::Result<void> Maker::write_members(archive::TarWriter& writer) {
    const auto text = json::encode(manifest_);
    if (text.size() > manifest_max_bytes)
        return Error{ErrorCode::exhausted, "the backup has too many files for one manifest; make one not --whole"};
    if (auto begun = writer.begin(manifest_name, text.size(), manifest_.made); !begun) return begun;
    if (auto written = writer.append(std::as_bytes(std::span(text))); !written) return written;
    for (const auto& member : manifest_.members) {
        if (auto begun = writer.begin(member.name, member.size_bytes, manifest_.made); !begun) return begun;
        const auto sha256 = read_through(member.name, [&](auto piece) { return writer.append(piece); });
        if (!sha256) return sha256.error();
        if (*sha256 != member.sha256)
            return Error{ErrorCode::unavailable, "'" + member.name + "' changed while it was copied; try again"};
    }
    return {};
}

}  // namespace

core::Result<Made> make(const fs::path& data, bool whole, core::WallTime now, const fs::path& tar, Progress& progress) {
    const auto copy = tar.parent_path() / database_name;
    auto made = Maker(data, copy, progress).make(whole, now, tar);
    std::error_code ignored;
    fs::remove(copy, ignored);
    return made;
}

}  // namespace antiphon::backup
