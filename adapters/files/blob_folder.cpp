// Blobs are written aside while they are hashed, then renamed to their hash.
#include "adapters/files/blob_folder.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "adapters/files/posix.hpp"
#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

namespace fs = std::filesystem;
using core::BlobHash;
using core::Error;
using core::ErrorCode;
using ports::BlobInfo;

// Unfinished blobs; no blob's folder, because it has more than two characters.
constexpr const char* unfinished = "unfinished";

fs::path place_of(const fs::path& folder, const BlobHash& hash) {
    if (!core::parse_blob_hash(hash.value)) return folder / unfinished / "no-such-blob";
    return folder / hash.value.substr(0, 2) / hash.value;
}

Error missing(const BlobHash& hash) {
    return {ErrorCode::not_found, "blob '" + hash.value.substr(0, 80) + "' is not here; fetch or upload it first"};
}

Error over_quota(const Quota& quota, std::uint64_t bytes) {
    return {ErrorCode::exhausted,
            "a blob of " + std::to_string(bytes) + " bytes does not fit: " + std::to_string(quota.used_bytes()) +
                " of " + std::to_string(quota.limit_bytes()) + " bytes are taken; remove some, or raise the quota"};
}

// The disk begins to write after so many bytes.
constexpr std::uint64_t write_back_bytes = 8u << 20;

// Whether the disk has room for `bytes` more; yes when it does not tell.
bool disk_has(const fs::path& folder, std::uint64_t bytes) {
    struct statvfs status{};
    if (::statvfs(folder.c_str(), &status) != 0) return true;
    return bytes <= std::uint64_t{status.f_bavail} * status.f_frsize;
}

class FolderWriter : public ports::BlobWriter {
  public:
    FolderWriter(fs::path folder, TempFile file, std::shared_ptr<Quota> quota, std::uint64_t reserved_bytes)
        : folder_(std::move(folder)),
          file_(std::move(file)),
          quota_(std::move(quota)),
          reserved_bytes_(reserved_bytes) {}
    ~FolderWriter() override { abandon(); }

    core::Result<void> append(std::span<const std::byte> piece) override {
        if (!file_.descriptor) return gone();
        if (auto room = reserve(size_bytes_ + piece.size()); !room) return room;
        if (auto written = write_all(file_.descriptor, piece, file_.path); !written) return abandon(), written;
        hash_.update(piece);
        size_bytes_ += piece.size();
        write_back();
        return {};
    }

    core::Result<BlobInfo> finish(const std::optional<BlobHash>& expected) override {
        if (!file_.descriptor) return gone();
        const BlobInfo info{hash_.finish(), size_bytes_};
        if (expected && *expected != info.hash) {
            abandon();
            return Error{ErrorCode::corrupt, "blob '" + expected->value.substr(0, 80) + "' arrived as '" +
                                                 info.hash.value + "'; fetch it again"};
        }
        const auto published = publish(info.hash);
        if (!published) {
            abandon();
            return published.error();
        }
        return info;
    }

  private:
    // Makes the fsync of finish() short, for which an event loop waits. At most a full queue of the disk holds it up
    // for a moment; its failure is of no matter: fsync decides.
    void write_back() {
        const auto waiting_bytes = size_bytes_ - handed_bytes_;
        if (waiting_bytes < write_back_bytes) return;
        (void)::sync_file_range(file_.descriptor.get(), static_cast<off64_t>(handed_bytes_),
                                static_cast<off64_t>(waiting_bytes), SYNC_FILE_RANGE_WRITE);
        handed_bytes_ = size_bytes_;
    }

    core::Result<void> reserve(std::uint64_t size_bytes) {
        if (size_bytes <= reserved_bytes_) return {};
        if (!quota_->take(size_bytes - reserved_bytes_)) {
            const auto error = over_quota(*quota_, size_bytes);
            abandon();
            return error;
        }
        reserved_bytes_ = size_bytes;
        return {};
    }

    core::Result<void> publish(const BlobHash& hash) {
        if (auto synced = sync_file(file_.descriptor, file_.path); !synced) return synced;
        const auto place = place_of(folder_, hash);
        if (auto made = ensure_folder(place.parent_path()); !made) return made;
        // A copy that is there already may have rotted, so ours takes its place; but only one of them is counted.
        bool first = ::renameat2(AT_FDCWD, file_.path.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) == 0;
        if (!first) {
            std::error_code absent;
            const auto replaced_bytes = fs::file_size(place, absent);
            if (::rename(file_.path.c_str(), place.c_str()) != 0) return system_error("cannot make", place, errno);
            if (!absent) quota_->give_back(replaced_bytes);
        }
        file_.descriptor.close();
        quota_->give_back(reserved_bytes_ - size_bytes_);
        return sync_folder(place.parent_path());
    }

    void abandon() {
        if (!file_.descriptor) return;
        file_.descriptor.close();
        ::unlink(file_.path.c_str());
        quota_->give_back(reserved_bytes_);
    }

    static Error gone() { return {ErrorCode::conflict, "this blob is finished, or failed before; start it again"}; }

    const fs::path folder_;
    TempFile file_;  // closed: finished or abandoned
    const std::shared_ptr<Quota> quota_;
    std::uint64_t reserved_bytes_;
    std::uint64_t size_bytes_ = 0;
    std::uint64_t handed_bytes_ = 0;  // to the disk
    Sha256 hash_;
};

}  // namespace

bool Quota::take(std::uint64_t bytes) {
    auto used = used_bytes_.load();
    do {
        if (used > limit_bytes_ || bytes > limit_bytes_ - used) return false;
    } while (!used_bytes_.compare_exchange_weak(used, used + bytes));
    return true;
}

BlobFolder::BlobFolder(fs::path folder, std::uint64_t quota_bytes)
    : folder_(std::move(folder)), quota_(std::make_shared<Quota>(quota_bytes)) {}

core::Result<std::unique_ptr<BlobFolder>> BlobFolder::open(const fs::path& folder, std::uint64_t quota_bytes) {
    std::error_code ignored;
    fs::remove_all(folder / unfinished, ignored);  // what cannot be removed shows in ensure_folder
    if (auto made = ensure_folder(folder / unfinished); !made) return made.error();
    auto blobs = std::unique_ptr<BlobFolder>(new BlobFolder(folder, quota_bytes));
    const auto all = blobs->list();
    if (!all) return all.error();
    for (const auto& blob : *all) blobs->quota_->take_anyway(blob.size_bytes);
    return blobs;
}

std::optional<BlobInfo> BlobFolder::find(const BlobHash& hash) const {
    std::error_code error;
    const auto size_bytes = fs::file_size(path(hash), error);
    if (error) return std::nullopt;
    return BlobInfo{hash, size_bytes};
}

fs::path BlobFolder::path(const BlobHash& hash) const { return place_of(folder_, hash); }

core::Result<std::unique_ptr<ports::BlobWriter>> BlobFolder::create(std::uint64_t size_hint_bytes) {
    if (!disk_has(folder_, size_hint_bytes))
        return Error{ErrorCode::exhausted, "a blob of " + std::to_string(size_hint_bytes) +
                                               " bytes does not fit on the disk of " + folder_.string() +
                                               "; free some space"};
    if (!quota_->take(size_hint_bytes)) return over_quota(*quota_, size_hint_bytes);
    auto file = make_temp(folder_ / unfinished / "blob-XXXXXX");
    if (!file) {
        quota_->give_back(size_hint_bytes);
        return file.error();
    }
    return std::unique_ptr<ports::BlobWriter>(
        std::make_unique<FolderWriter>(folder_, std::move(*file), quota_, size_hint_bytes));
}

core::Result<void> BlobFolder::remove(const BlobHash& hash) {
    const auto blob = find(hash);
    if (!blob) return missing(hash);
    const auto place = path(hash);
    if (::unlink(place.c_str()) != 0) return system_error("cannot remove", place, errno);
    quota_->give_back(blob->size_bytes);
    return sync_folder(place.parent_path());
}

void BlobFolder::touch(const BlobHash& hash) {
    std::error_code missing_or_denied;  // then it is only forgotten sooner
    fs::last_write_time(path(hash), fs::file_time_type::clock::now(), missing_or_denied);
}

bool BlobFolder::make_room(std::uint64_t bytes, const std::function<bool(const BlobHash&)>& keep) {
    const auto all = list();
    if (!all) return false;
    std::vector<std::pair<fs::file_time_type, BlobInfo>> candidates;
    for (const auto& blob : *all) {
        std::error_code error;
        const auto used = fs::last_write_time(path(blob.hash), error);
        if (!error && !keep(blob.hash)) candidates.emplace_back(used, blob);
    }
    std::uint64_t can_go_bytes = 0;
    for (const auto& [used, blob] : candidates) can_go_bytes += blob.size_bytes;
    if (can_go_bytes < bytes) return false;
    std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::uint64_t freed_bytes = 0;
    for (const auto& [used, blob] : candidates) {
        if (freed_bytes >= bytes) break;
        if (remove(blob.hash)) freed_bytes += blob.size_bytes;
    }
    return freed_bytes >= bytes;
}

core::Result<std::vector<BlobInfo>> BlobFolder::list() const {
    std::vector<BlobInfo> blobs;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder_, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const BlobHash hash{entry->path().filename().string()};
        if (entry->path() != path(hash)) continue;  // not one of ours
        if (const auto blob = find(hash)) blobs.push_back(*blob);
    }
    if (error) return system_error("cannot list", folder_, error.value());
    std::sort(blobs.begin(), blobs.end(), [](const BlobInfo& a, const BlobInfo& b) { return a.hash < b.hash; });
    return blobs;
}

core::Result<BlobInfo> BlobFolder::verify(const BlobHash& hash) const {
    const auto blob = find(hash);
    if (!blob) return missing(hash);
    const auto found = sha256_file(path(hash));
    if (!found) return found.error();
    if (*found == hash) return *blob;
    return Error{ErrorCode::corrupt, "blob '" + hash.value + "' is damaged on disk (its content is '" + found->value +
                                         "'); remove it and fetch it again"};
}

}  // namespace antiphon::files
