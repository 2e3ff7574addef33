// A file that comes in pieces over several connections, and is not sent twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "adapters/files/posix.hpp"
#include "core/ids.hpp"

namespace antiphon::files {

// PATH.part grows until it is whole; then it is checked and gets its name. For one thread; one at a time per path.
class PartialFile {
  public:
    // What is there of it, partial or whole, goes.
    static core::Result<void> remove(const std::filesystem::path& path);
    // How many bytes have come so far: of the partial file, or of the whole one where that is there already.
    static std::uint64_t received(const std::filesystem::path& path);

    // Goes on at `offset`, which has to be what received() says: else `conflict`, with that number as the current
    // version. Makes the folder when it is missing. `exhausted` when the disk is full.
    static core::Result<PartialFile> open(const std::filesystem::path& path, std::uint64_t offset);

    // What came stays for the next connection; complete() finds out what a power cut took of it.
    core::Result<void> append(std::span<const std::byte> bytes);
    std::uint64_t size() const noexcept { return size_; }
    // All has come: synced, read again and compared, named, the folder synced. `corrupt`, and the partial file gone,
    // when it is not what it should be; the next begins at 0. Reads the whole file: not for a loop. Thread-safe where
    // nobody appends.
    static core::Result<void> complete(const std::filesystem::path& path, std::uint64_t bytes,
                                       const core::BlobHash& sha256);

  private:
    PartialFile(Descriptor file, std::filesystem::path path, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), size_(size) {}

    Descriptor file_;
    std::filesystem::path path_;
    std::uint64_t size_ = 0;
};

}  // namespace antiphon::files
