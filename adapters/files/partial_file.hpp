// A file that comes in pieces over several connections, and is not sent twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "adapters/files/posix.hpp"

namespace antiphon::files {

// It grows under one name until it is whole; whoever knows what it should be then gives it the other
// (media::take_in). For one thread; one at a time per place.
class PartialFile {
  public:
    struct Place {
        std::filesystem::path growing, whole;
    };

    // What is there of it, growing or whole, goes.
    static core::Result<void> remove(const Place& place);
    // How many bytes have come so far: of the growing file, or of the whole one where that is there already.
    static std::uint64_t received(const Place& place);

    // Goes on at `offset`, which has to be what received() says: else `conflict`, with that number as the current
    // version. Makes the folder when it is missing. `exhausted` when the disk is full.
    static core::Result<PartialFile> open(const Place& place, std::uint64_t offset);

    // What came stays for the next connection; a power cut may take of it what nobody has synced.
    core::Result<void> append(std::span<const std::byte> bytes);
    std::uint64_t size() const noexcept { return size_; }

  private:
    PartialFile(Descriptor file, std::filesystem::path path, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), size_(size) {}

    Descriptor file_;
    std::filesystem::path path_;
    std::uint64_t size_ = 0;
};

}  // namespace antiphon::files
