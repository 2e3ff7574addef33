// The partial file's length is all that has to be remembered.
#include "adapters/files/partial_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

namespace fs = std::filesystem;

fs::path partial(const fs::path& path) { return fs::path(path) += ".part"; }

std::uint64_t size_of(const fs::path& path) {
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : size;
}

}  // namespace

std::uint64_t PartialFile::received(const fs::path& path) {
    std::error_code none;
    return fs::exists(path, none) ? size_of(path) : size_of(partial(path));
}

core::Result<void> PartialFile::remove(const fs::path& path) {
    for (const auto& there : {path, partial(path)}) {
        std::error_code error;
        fs::remove(there, error);
        if (error) return system_error("cannot remove", there, error.value());
    }
    return {};
}

core::Result<PartialFile> PartialFile::open(const fs::path& path, std::uint64_t offset) {
    const auto there = received(path);
    std::error_code none;
    if (there != offset || fs::exists(path, none))
        return core::Error{core::ErrorCode::conflict,
                           "of " + path.filename().string() + " " + std::to_string(there) +
                               " bytes have come; go on from there, not from " + std::to_string(offset),
                           there};
    if (auto made = ensure_folder(folder_of(path)); !made) return made.error();
    auto growing = partial(path);
    Descriptor file(::open(growing.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!file) return system_error("cannot make", growing, errno);
    return PartialFile(std::move(file), std::move(growing), offset);
}

core::Result<void> PartialFile::append(std::span<const std::byte> bytes) {
    auto written = write_all(file_, bytes, path_);
    if (written)
        size_ += bytes.size();
    else
        static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size_)));  // no half of a piece
    return written;
}

core::Result<void> PartialFile::complete(const fs::path& path, std::uint64_t bytes, const core::BlobHash& sha256) {
    std::error_code none;
    const bool named = fs::exists(path, none);  // and the answer was lost
    const auto growing = named ? path : partial(path);
    const Descriptor file(::open(growing.c_str(), O_RDWR | O_CLOEXEC));
    if (!file) return system_error("cannot open", growing, errno);
    if (auto synced = sync_file(file, growing); !synced) return synced;
    const auto hash = sha256_file(growing);
    if (!hash) return hash.error();
    if (*hash != sha256 || size_of(growing) != bytes) {
        fs::remove(growing, none);
        return core::Error{core::ErrorCode::corrupt, path.filename().string() + " came damaged: its SHA-256 is " +
                                                         hash->value + ", not " + sha256.value + "; send it again"};
    }
    if (!named && ::rename(growing.c_str(), path.c_str()) != 0) return system_error("cannot rename", growing, errno);
    return sync_folder(folder_of(path));
}

}  // namespace antiphon::files
