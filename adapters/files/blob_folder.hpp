// Blobs as files of one folder: blobs/ab/abcd..., named by the SHA-256 of their content.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "ports/blobs.hpp"

namespace antiphon::files {

// What a folder's blobs and unfinished writers take, against its quota. Writers may sit on other threads.
class Quota {
  public:
    explicit Quota(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

    // False, and nothing taken, when that would pass the limit.
    bool take(std::uint64_t bytes);
    void take_anyway(std::uint64_t bytes) { used_bytes_ += bytes; }
    void give_back(std::uint64_t bytes) { used_bytes_ -= bytes; }
    std::uint64_t used_bytes() const { return used_bytes_; }
    std::uint64_t limit_bytes() const { return limit_bytes_; }

  private:
    const std::uint64_t limit_bytes_;
    std::atomic<std::uint64_t> used_bytes_ = 0;
};

// As ports::Blobs has it. A hash that is not 64 hexadecimal digits names no blob, whoever sent it.
class BlobFolder : public ports::Blobs {
  public:
    // Makes the folder when it is missing, removes what unfinished writers left, counts the rest. One per folder. Blobs
    // that are over the quota already (it was lowered) stay.
    static core::Result<std::unique_ptr<BlobFolder>> open(const std::filesystem::path& folder,
                                                          std::uint64_t quota_bytes);

    std::optional<ports::BlobInfo> find(const core::BlobHash& hash) const override;
    std::filesystem::path path(const core::BlobHash& hash) const override;
    core::Result<std::unique_ptr<ports::BlobWriter>> create(std::uint64_t size_hint_bytes) override;
    core::Result<void> remove(const core::BlobHash& hash) override;

    // It is used now, so make_room() takes it last.
    void touch(const core::BlobHash& hash);
    // For a folder that is a cache: removes blobs that `keep` does not want until `bytes` are free, the longest unused
    // first. False, and nothing removed, when so much cannot go.
    bool make_room(std::uint64_t bytes, const std::function<bool(const core::BlobHash&)>& keep);

    // In order of their hashes.
    core::Result<std::vector<ports::BlobInfo>> list() const;
    // Reads the blob again. `corrupt` when its content is not what its name says: remove it and fetch it anew;
    // `not_found` when it is not there.
    core::Result<ports::BlobInfo> verify(const core::BlobHash& hash) const;
    // Of blobs, and reserved by writers.
    std::uint64_t used_bytes() const { return quota_->used_bytes(); }

  private:
    BlobFolder(std::filesystem::path folder, std::uint64_t quota_bytes);

    std::filesystem::path folder_;
    std::shared_ptr<Quota> quota_;  // with the writers
};

}  // namespace antiphon::files
