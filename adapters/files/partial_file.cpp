// The growing file's length is all that has to be remembered.
#include "adapters/files/partial_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace antiphon::files {
namespace {

namespace fs = std::filesystem;

std::uint64_t size_of(const fs::path& path) {
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : size;
}

}  // namespace

std::uint64_t PartialFile::received(const Place& place) {
    std::error_code none;
    return size_of(fs::exists(place.whole, none) ? place.whole : place.growing);
}

core::Result<void> PartialFile::remove(const Place& place) {
    for (const auto& there : {place.whole, place.growing}) {
        std::error_code error;
        fs::remove(there, error);
        if (error) return system_error("cannot remove", there, error.value());
    }
    return {};
}

core::Result<PartialFile> PartialFile::open(const Place& place, std::uint64_t offset) {
    const auto there = received(place);
    std::error_code none;
    if (there != offset || fs::exists(place.whole, none))
        return core::Error{core::ErrorCode::conflict,
                           "of " + place.whole.filename().string() + " " + std::to_string(there) +
                               " bytes have come; go on from there, not from " + std::to_string(offset),
                           there};
    if (auto made = ensure_folder(folder_of(place.whole)); !made) return made.error();
    Descriptor file(::open(place.growing.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!file) return system_error("cannot make", place.growing, errno);
    return PartialFile(std::move(file), place.growing, offset);
}

core::Result<void> PartialFile::append(std::span<const std::byte> bytes) {
    auto written = write_all(file_, bytes, path_);
    if (written)
        size_ += bytes.size();
    else
        static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size_)));  // no half of a piece
    return written;
}

}  // namespace antiphon::files
