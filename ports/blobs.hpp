// Content-addressed files: programmes on the coordinator and in each worker's cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace antiphon::ports {

struct BlobInfo {
    core::BlobHash hash;
    std::uint64_t size_bytes = 0;
};

// Takes a blob in pieces; nothing is visible before finish(). Destroyed unfinished, it leaves nothing behind.
class BlobWriter {
  public:
    virtual ~BlobWriter() = default;
    virtual core::Result<void> append(std::span<const std::byte> piece) = 0;
    // Durable on return (fsync, rename, fsync of the folder). With `expected`, `corrupt` when the content differs.
    virtual core::Result<BlobInfo> finish(const std::optional<core::BlobHash>& expected) = 0;
};

// Not thread-safe; a writer may be used on another thread than the store that made it.
class Blobs {
  public:
    virtual ~Blobs() = default;
    virtual std::optional<BlobInfo> find(const core::BlobHash& hash) const = 0;
    // The file of a blob that is there; valid until it is evicted or removed.
    virtual std::filesystem::path path(const core::BlobHash& hash) const = 0;
    // `exhausted` when `size_hint_bytes` is over the quota or the disk.
    virtual core::Result<std::unique_ptr<BlobWriter>> create(std::uint64_t size_hint_bytes) = 0;
    virtual core::Result<void> remove(const core::BlobHash& hash) = 0;
};

}  // namespace antiphon::ports
